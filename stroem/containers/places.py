"""Paths that a step has in its container."""

from pathlib import PurePosixPath

WORKSPACE = PurePosixPath("/workspace")
SCRATCH = PurePosixPath("/tmp")  # noqa: S108 (of the container, for one step alone)
