"""Unpacks the files of a workspace."""

import logging
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)


class TarballUnsafe(Exception):
    """The tarball holds something that no workspace has. The message names it."""


def unpack(tarball: Path, directory: Path) -> None:
    """Unpacks files, directories, and symbolic links that stay inside; other links are left out with a warning.

    Links come last, so that nothing is written through one. Raises `TarballUnsafe` for names that lead
    outside and for what is neither file, directory nor link, and `tarfile.TarError` when it is damaged.
    """
    with tarfile.open(tarball, "r:*") as archive:
        links = []
        for member in archive:
            if member.issym():
                links.append(member)
            else:
                _unpack_one(archive, member, directory)
        for member in _inside(links):
            _unpack_one(archive, member, directory)


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    if not (member.isreg() or member.isdir() or member.issym()):
        raise TarballUnsafe(f"{member.name!r} is neither a file, a directory nor a symbolic link")
    if member.name.startswith("/") or ".." in Path(member.name).parts:
        raise TarballUnsafe(f"{member.name!r} leads out of the workspace")
    try:
        archive.extract(member, directory, set_attrs=not member.issym(), filter="data")
    except tarfile.FilterError as error:
        raise TarballUnsafe(str(error)) from error


def _inside(links: list[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    for link in links:
        target = os.path.normpath(str(Path(link.name).parent / link.linkname))
        if link.linkname.startswith("/") or target.split("/")[0] == "..":
            logger.warning("link %s is left out: %s is outside of the workspace", link.name, link.linkname)
        else:
            yield link
