"""Folders of a step, and where its container has them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import attrs

from stroem.containers.command import InlineFile
from stroem.containers.places import SCRATCH, WORKSPACE, folder_inside
from stroem.interfaces.runner import StepOrder


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


def open_to_all(folder: Path) -> None:
    """Gives all users read and write permission below a folder. Its parents keep other users of the host out.

    Files of other users, which earlier steps of the job have made, stay as they are.
    """
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            wanted = mode | (0o777 if path.is_dir() or mode & 0o100 else 0o666)
            if wanted != mode:
                with contextlib.suppress(PermissionError):
                    path.chmod(wanted)


def write_file(order: StepOrder, file: InlineFile) -> None:
    """Writes a script where its container finds it."""
    inside, folder = (SCRATCH, order.scratch) if file.path.is_relative_to(SCRATCH) else (WORKSPACE, order.directory)
    path = folder / file.path.relative_to(inside)
    path.unlink(missing_ok=True)
    path.write_text(file.text)
    path.chmod(0o644)
