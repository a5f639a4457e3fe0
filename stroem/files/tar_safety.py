"""Safety of tarballs from elsewhere: names, kinds and sizes of their members."""

import gzip
import tarfile
import zlib
from pathlib import Path
from typing import IO

MOST_METADATA = 1024 * 1024
DAMAGE = (
    *(tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError, ValueError),
    *(ArithmeticError, LookupError, TypeError, AttributeError, RecursionError),  # of malformed numbers and headers
)
"""Exceptions of a damaged tarball."""
_SHOWN = 200
_DEEPEST = 100
"""Most parts of a path. Deeper folders cannot be walked by recursion."""


class TarballUnsafe(Exception):
    """The tarball has a member that is not allowed, or is damaged. The message names the fault."""


class Expanding(gzip.GzipFile):
    """Decompresses a file, up to `most` bytes."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._most = most

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


def check_member(member: tarfile.TarInfo) -> None:
    """Raises `TarballUnsafe` for a member that is no file, directory or symbolic link, or lies outside."""
    if not (member.isreg() or member.isdir() or member.issym()) or member.issparse():
        raise TarballUnsafe(f"{shown(member.name)} is neither a file, a directory nor a symbolic link")
    if member.name.startswith("/") or ".." in Path(member.name).parts or "\0" in member.name:
        raise TarballUnsafe(f"{shown(member.name)} leads out of the workspace")
    if len(Path(member.name).parts) > _DEEPEST:
        raise TarballUnsafe(f"{shown(member.name)} is more than {_DEEPEST} folders deep")


def shown(name: str) -> str:
    """The name for an error, shortened."""
    return repr(name) if len(name) <= _SHOWN else f"{name[:_SHOWN]!r}…"


def plain_name(name: str) -> str:
    """The name without `./` and doubled slashes."""
    return str(Path(name))
