"""Paths that a step has in its container."""

from pathlib import PurePosixPath

from stroem.interfaces.runner import StepOrder

WORKSPACE = PurePosixPath("/workspace")
SCRATCH = PurePosixPath("/tmp")  # noqa: S108 (of the container, for one step alone)


def has_workspace(order: StepOrder) -> bool:
    """Whether the container has the files of the workspace: that of a script, or of an action with a `workdir`."""
    return order.action.type == "script" or order.action.workdir is not None
