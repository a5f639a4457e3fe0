"""Paths that a step has in its container."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from stroem.interfaces.runner import StepOrder

WORKSPACE = PurePosixPath("/workspace")
SCRATCH = PurePosixPath("/tmp")  # noqa: S108 (of the container, for one step alone)


def has_workspace(order: StepOrder) -> bool:
    """Whether the container has the files of the workspace: that of a script, of an action with a `workdir`, and of a
    job whose steps share them.
    """
    return order.action.type == "script" or order.action.workdir is not None or order.volume is not None


def folder_inside(variable: str) -> PurePosixPath:
    """The path of the folder that a variable names: `/state-out` for STATE_OUT_DIR."""
    return PurePosixPath("/", variable.removesuffix("_DIR").lower().replace("_", "-"))


def variables(order: StepOrder) -> Mapping[str, str]:
    """The variables that name the folders and the output file of a step."""
    named = {variable: str(folder_inside(variable)) for variable in order.folders}
    if order.output_file is not None:
        named["STROEM_OUTPUT"] = str(SCRATCH / order.output_file.relative_to(order.scratch))
    return named
