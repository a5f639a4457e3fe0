"""Unpacking of a workspace's tarball."""

import contextlib
import errno
import gzip
import logging
import shutil
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

logger = logging.getLogger(__name__)

MOST_MEMBERS = 1_000_000
SMALLEST_LIMIT = 1024 * 1024 * 1024
MOST_TIMES_LARGER = 200
MOST_METADATA = 1024 * 1024
SPARE_BYTES = 64 * 1024 * 1024
MOST_LINKS = 40

_DAMAGE = (
    *(tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError),
    *(ArithmeticError, LookupError, TypeError, AttributeError, RecursionError),  # of malformed numbers and headers
)
_SHOWN = 200
_OF_NAMES = frozenset(
    (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOENT)
)
"""Errors of the file system that names in a tarball cause."""


class TarballUnsafe(Exception):
    """The tarball has a member that is not allowed, or is damaged. The message names the fault."""


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
        with _Expanding(tarball) as expanding, tarfile.open(fileobj=expanding, mode="r:") as archive:
            _unpack_all(archive, directory)
    except _DAMAGE as error:
        raise TarballUnsafe(f"the tarball is damaged: {error}") from error


def _unpack_all(archive: tarfile.TarFile, directory: Path) -> None:
    free = shutil.disk_usage(directory).free - SPARE_BYTES
    links: dict[str, tarfile.TarInfo] = {}
    names: set[str] = set()
    for number, member in enumerate(archive):
        if number >= MOST_MEMBERS:
            raise TarballUnsafe(f"it holds more than {MOST_MEMBERS} files")
        _check(member)
        _check_new(member, names)
        archive.members = []  # type: ignore[attr-defined]  # it would keep every one
        if member.issym():
            links[_plain(member.name)] = member
            continue
        free -= member.size
        if free < 0:
            raise DiskFull(f"there is no room in {directory.parent} for {member.name!r} ({member.size} bytes)")
        _unpack_one(archive, member, directory)
    for member in _inside(links):
        _link_one(member, directory)


class _Expanding(gzip.GzipFile):
    """Decompresses, up to an implausible size."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._most = max(SMALLEST_LIMIT, MOST_TIMES_LARGER * path.stat().st_size)

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= MOST_METADATA:
            raise TarballUnsafe(f"one of its heads is larger than {MOST_METADATA} bytes")
        self._check(self.tell() + size)
        return super().read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._check(offset)
        return super().seek(offset, whence)

    def _check(self, position: int) -> None:
        if position > self._most + MOST_METADATA:
            raise TarballUnsafe(f"unpacked it would be larger than {self._most} bytes")


def _check(member: tarfile.TarInfo) -> None:
    if not (member.isreg() or member.isdir() or member.issym()) or member.issparse():
        raise TarballUnsafe(f"{_shown(member.name)} is neither a file, a directory nor a symbolic link")
    if member.name.startswith("/") or ".." in Path(member.name).parts or "\0" in member.name:
        raise TarballUnsafe(f"{_shown(member.name)} leads out of the workspace")


def _check_new(member: tarfile.TarInfo, names: set[str]) -> None:
    """Adds the name of a file or link to the earlier ones; a directory may occur twice."""
    name = _plain(member.name)
    if name in names:
        raise TarballUnsafe(f"{_shown(name)} is there twice")
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
        raise TarballUnsafe(f"{_shown(member.name)} cannot be unpacked: {error.strerror}") from error


def _inside(links: Mapping[str, tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    for name, link in links.items():
        if not links.keys().isdisjoint(map(str, Path(name).parents)):
            raise TarballUnsafe(f"{_shown(name)} lies below a link")
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


def _shown(name: str) -> str:
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}…"


def _plain(name: str) -> str:
    return str(Path(name))
