"""Unpacking of a workspace's tarball."""

import contextlib
import errno
import logging
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from stroem.files.tar_safety import DAMAGE, Expanding, TarballUnsafe, check_member, plain_name, shown

logger = logging.getLogger(__name__)

MOST_MEMBERS = 1_000_000
SMALLEST_LIMIT = 1024 * 1024 * 1024
MOST_TIMES_LARGER = 200
SPARE_BYTES = 64 * 1024 * 1024
MOST_LINKS = 40

_OF_NAMES = frozenset(
    (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOENT)
)
"""Errors of the file system that names in a tarball cause."""


class TarballTooLarge(TarballUnsafe):
    """The tarball is larger than allowed, or than announced. The message has the sizes."""


class DiskFull(OSError):
    """The disk has no room for the files of a workspace. The message names the directory."""


def unpack(tarball: Path, directory: Path) -> None:
    """Unpacks files, directories, and symbolic links that stay inside; other links are left out with a warning.

    Links come last, so that nothing is written through one. Raises `TarballUnsafe` for names that lead outside or
    occur twice, for members that are neither file, directory nor link, for names that the file system refuses, for
    an implausible size, and for damage; `DiskFull` when it does not fit.
    """
    try:
        most = max(SMALLEST_LIMIT, MOST_TIMES_LARGER * tarball.stat().st_size)
        with (
            tarball.open("rb") as packed,
            Expanding(packed, most) as expanding,
            tarfile.open(fileobj=expanding, mode="r:") as archive,
        ):
            _unpack_all(archive, directory)
    except DAMAGE as error:
        raise TarballUnsafe(f"the tarball is damaged: {error}") from error


def _unpack_all(archive: tarfile.TarFile, directory: Path) -> None:
    free = shutil.disk_usage(directory).free - SPARE_BYTES
    links: dict[str, tarfile.TarInfo] = {}
    names: set[str] = set()
    for number, member in enumerate(archive):
        if number >= MOST_MEMBERS:
            raise TarballUnsafe(f"it holds more than {MOST_MEMBERS} files")
        check_member(member)
        _check_new(member, names)
        archive.members = []  # type: ignore[attr-defined]  # it would keep every one
        if member.issym():
            links[plain_name(member.name)] = member
            continue
        free -= member.size
        if free < 0:
            raise DiskFull(f"there is no room in {directory.parent} for {member.name!r} ({member.size} bytes)")
        _unpack_one(archive, member, directory)
    for member in _inside(links):
        _link_one(member, directory)


def _check_new(member: tarfile.TarInfo, names: set[str]) -> None:
    """Adds the name of a file or link to the earlier ones; a directory may occur twice."""
    name = plain_name(member.name)
    if name in names:
        raise TarballUnsafe(f"{shown(name)} is there twice")
    if not member.isdir():
        names.add(name)


def _unpack_one(archive: tarfile.TarFile, member: tarfile.TarInfo, directory: Path) -> None:
    with _translated(member):
        archive.extract(member, directory, filter="data")


def _link_one(member: tarfile.TarInfo, directory: Path) -> None:
    """Makes a link. tarfile would copy a member instead where that fails."""
    with _translated(member):
        member = tarfile.data_filter(member, str(directory))
        path = directory / member.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(member.linkname)


@contextlib.contextmanager
def _translated(member: tarfile.TarInfo) -> Iterator[None]:
    try:
        yield
    except tarfile.FilterError as error:
        raise TarballUnsafe(str(error)) from error
    except OSError as error:
        if error.errno not in _OF_NAMES:
            raise
        raise TarballUnsafe(f"{shown(member.name)} cannot be unpacked: {error.strerror}") from error


def _inside(links: Mapping[str, tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    for name, link in links.items():
        if not links.keys().isdisjoint(map(str, Path(name).parents)):
            raise TarballUnsafe(f"{shown(name)} lies below a link")
        if _leads_out(name, links):
            logger.warning("link %s is left out: %s is outside of the workspace", link.name, link.linkname)
        else:
            yield link


def _leads_out(name: str, links: Mapping[str, tarfile.TarInfo]) -> bool:
    """Whether a link leads out of the workspace, also through other links; a cycle of links does not."""
    behind, ahead = list[str](), name.split("/")[::-1]
    followed = 0
    while ahead:
        part = ahead.pop()
        if part == "..":
            if not behind:
                return True
            behind.pop()
        elif part not in ("", "."):
            behind.append(part)
            link = links.get("/".join(behind))
            if link is not None:
                followed += 1
                if link.linkname.startswith("/"):
                    return True
                if followed > MOST_LINKS:
                    return False
                behind.pop()
                ahead += link.linkname.split("/")[::-1]
    return False
