"""Files below a folder of the server. Their content is not read."""

import datetime
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from stroem.interfaces.triggers.stream_trigger import StreamUnreadable
from stroem_files.patterns import Patterns
from stroem_files.watched_file import Listing, WatchedFile

MOST_ENTRIES = 1_000_000
"""Most entries of all folders below one."""
MOST_LEVELS = 64
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def list_folder(path: str, patterns: Patterns, allowed: Sequence[str]) -> Listing:
    """The files below a folder that match. Links are not followed; what cannot be read is left out.

    Raises StreamUnreadable if the folder as a whole cannot be read, or no allowed folder contains it.
    """
    root = Path(os.path.realpath(path))
    if not any(root.is_relative_to(os.path.realpath(folder)) for folder in allowed):
        raise StreamUnreadable(
            f"The server does not allow triggers to read {path}: list a folder around it under "
            "`triggers.folders` in its settings"
        )
    try:
        descriptor = os.open(root, _FOLDER)
    except OSError as error:
        raise StreamUnreadable(f"The folder {path} cannot be read: {error.strerror}") from None
    walk = _Walk(str(root), patterns)
    files = tuple(walk.files(descriptor, "", 0))
    return Listing(files=files, problem=walk.problem)


class _Walk:
    """A walk through a folder, from descriptor to descriptor, so that no link leads it elsewhere."""

    def __init__(self, root: str, patterns: Patterns) -> None:
        self._root = root
        self._patterns = patterns
        self._entries = 0
        self._unreadable: list[str] = []

    @property
    def problem(self) -> str | None:
        """The paths that could not be read, as a sentence; None without any."""
        if not self._unreadable:
            return None
        first, count = self._unreadable[0], len(self._unreadable)
        return f"{first} cannot be read" + (f", nor can {count - 1} others" if count > 1 else "")

    def files(self, descriptor: int, prefix: str, level: int) -> Iterator[WatchedFile]:
        """The files in an open folder, which is closed at the end, and in those below."""
        try:
            with os.scandir(descriptor) as entries:
                names = sorted(entry.name for entry in entries)
            self._entries += len(names)
            if self._entries > MOST_ENTRIES:
                raise StreamUnreadable(
                    f"The folder {self._root} has more than {MOST_ENTRIES:,} entries: watch a smaller one"
                )
            for name in names:
                if not name.startswith("."):
                    yield from self._entry(descriptor, prefix, name, level)
        except OSError:
            self._skip(prefix)
        finally:
            os.close(descriptor)

    def _entry(self, folder: int, prefix: str, name: str, level: int) -> Iterator[WatchedFile]:
        path = f"{prefix}{name}"
        try:
            path.encode()
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                if level < MOST_LEVELS:
                    yield from self.files(os.open(name, _FOLDER, dir_fd=folder), f"{path}/", level + 1)
            elif stat.S_ISREG(found.st_mode) and self._patterns.match(path):
                yield self._file(path, found)
        except FileNotFoundError:
            return  # it has just gone
        except (OSError, UnicodeEncodeError):
            self._skip(path)

    def _file(self, path: str, found: os.stat_result) -> WatchedFile:
        return WatchedFile(
            name=path,
            place=f"{self._root}/{path}",
            size=found.st_size,
            modified_at=_time(found.st_mtime),
            changed_at=_time(found.st_ctime),
            version=f"{found.st_size} {found.st_mtime_ns}",
        )

    def _skip(self, path: str) -> None:
        self._unreadable.append(f"{self._root}/{path}".encode(errors="replace").decode())


def _time(seconds: float) -> datetime.datetime:
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (OverflowError, ValueError):
        return datetime.datetime.fromtimestamp(0, datetime.UTC)
