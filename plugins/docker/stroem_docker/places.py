"""Folders of a step, and where its container has them."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import attrs

from stroem.interfaces.runner import StepOrder

WORKSPACE = PurePosixPath("/workspace")
SCRATCH = PurePosixPath("/tmp")  # noqa: S108 (of the container, for one step alone)


@attrs.frozen(kw_only=True)
class Place:
    """A folder of the host and its path in the container."""

    host: Path
    inside: PurePosixPath


def places(order: StepOrder, *, with_workspace: bool) -> Iterator[Place]:
    """All folders of a step."""
    if with_workspace:
        yield Place(host=order.directory, inside=WORKSPACE)
    yield Place(host=order.scratch, inside=SCRATCH)
    for variable, folder in order.folders.items():
        yield Place(host=folder, inside=folder_inside(variable))


def folder_inside(variable: str) -> PurePosixPath:
    """The path of the folder that a variable names: `/state-out` for STATE_OUT_DIR."""
    return PurePosixPath("/", variable.removesuffix("_DIR").lower().replace("_", "-"))


def variables(order: StepOrder) -> Mapping[str, str]:
    """The variables that name the folders and the output file of a step."""
    named = {variable: str(folder_inside(variable)) for variable in order.folders}
    if order.output_file is not None:
        named["STROEM_OUTPUT"] = str(SCRATCH / order.output_file.relative_to(order.scratch))
    return named


def open_to_all(folder: Path) -> None:
    """Lets any user of a container read and write below a folder, whose parents keep users of the host out."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o777 if path.is_dir() or mode & 0o100 else 0o666))
