"""Scan of a folder: digests of files, reading only files that may have changed."""

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from pathlib import Path

import attrs

from stroem.interfaces.source import FetchLimits, Snapshot, SourceUnavailable
from stroem.records.release import FileEntry
from stroem_folder.walk import Ignores, unreadable, walk

_PIECE = 1024 * 1024
_GRANULARITY_NS = 2_000_000_000

Stamp = tuple[int, int, int, int, int]


@attrs.frozen(kw_only=True)
class Seen:
    """A file as it was read. `settled` says that its stamp was old enough then: a later write would have
    given it another one, whatever the granularity of the file system's clock.
    """

    stamp: Stamp
    settled: bool
    entry: FileEntry


class Scanner:
    """Remembers what it read, so that an unchanged file costs one `stat`. More than `limits` is not read."""

    def __init__(self, root: Path, left_out: Ignores) -> None:
        self._root = root
        self._left_out = left_out
        self._seen: dict[str, Seen] = {}
        self.limits = FetchLimits()

    def scan(self, previous: Snapshot | None) -> Snapshot:
        """The folder as it is now; `previous` itself when nothing differs from it."""
        known = {entry.path: entry for entry in previous.files} if previous else {}
        seen: dict[str, Seen] = {}
        total = 0
        try:
            for path, item in walk(self._root, self._left_out):
                found = self._look(path, item, known.get(path))
                if found is not None:
                    seen[path] = found
                    total += found.entry.size
                    _refuse(self.limits.mistake_in_all(len(seen), total))
        except OSError as error:
            raise _folder_unavailable(self._root, error) from error
        except SourceUnavailable:
            self._seen |= seen  # what was read need not be read again
            raise
        self._seen = seen
        files = tuple(seen[path].entry for path in sorted(seen))
        revision = revision_of(files)
        if previous is not None and previous.revision == revision:
            return previous
        return Snapshot(revision=revision, files=files)

    def read(self, entry: FileEntry) -> bytes:
        """The content that the entry's digest names. Raises `SourceUnavailable` when it is no longer there."""
        try:
            descriptor = _open(self._root / entry.path)
            with os.fdopen(descriptor, "rb") as file:
                data = file.read(entry.size + 1)
        except FileNotFoundError:
            data = None
        except OSError as error:
            raise unreadable(entry.path, error) from error
        if data is None or hashlib.sha256(data).hexdigest() != entry.digest:
            raise SourceUnavailable(f"{entry.path!r} changed while the folder was read. It is read again soon")
        return data

    def _look(self, path: str, item: os.DirEntry[str], known: FileEntry | None) -> Seen | None:
        try:
            status = item.stat(follow_symlinks=False)
            last = self._seen.get(path)
            if last is not None and last.settled and last.stamp == _stamp(status):
                return last
            if stat.S_ISLNK(status.st_mode):
                entry = FileEntry(path=_text(path), link=_text(_target(item)), mode=0o777)
                return Seen(stamp=_stamp(status), settled=_settled(status), entry=_same(entry, known))
            if not stat.S_ISREG(status.st_mode):
                return None
            _refuse(self.limits.mistake_in_file(path, status.st_size))
            return self._read(path, known)
        except FileNotFoundError:
            return None  # it went away after its folder was listed
        except OSError as error:
            raise unreadable(path, error) from error

    def _read(self, path: str, known: FileEntry | None) -> Seen:
        with os.fdopen(_open(self._root / path), "rb") as file:
            before = os.fstat(file.fileno())
            settled = _settled(before)
            digest, size = hashlib.sha256(), 0
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                _refuse(self.limits.mistake_in_file(path, size))
        entry = FileEntry(path=_text(path), digest=digest.hexdigest(), size=size, mode=before.st_mode & 0o777)
        return Seen(stamp=_stamp(before), settled=settled, entry=_same(entry, known))


def revision_of(files: Iterable[FileEntry]) -> str:
    """Blake2s-256 in hex over path, mode and content of all files, the content by its digest."""
    revision = hashlib.blake2s()
    for file in files:
        content = file.digest if file.link is None else f"-> {file.link}"
        revision.update(f"{file.path}\0{file.mode:o}\0{content}\0".encode())
    return revision.hexdigest()


def _refuse(mistake: str | None) -> None:
    if mistake is not None:
        raise SourceUnavailable(mistake)


def _open(path: Path) -> int:
    """Opens a file without following links or blocking on a pipe."""
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _target(item: os.DirEntry[str]) -> str:
    return os.readlink(item.path)  # noqa: PTH115 (a `Path` would not keep the target as it is written)


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_mode


def _settled(status: os.stat_result) -> bool:
    return time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _GRANULARITY_NS


def _same(entry: FileEntry, known: FileEntry | None) -> FileEntry:
    """The entry that is known already, if it says the same, so that whoever compares can use `is`."""
    return known if known == entry else entry


def _text(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode(errors="backslashreplace")
        raise SourceUnavailable(f"the name of {shown} is not UTF-8. Rename it, or name it under `ignore`") from None
    return name


def _folder_unavailable(root: Path, error: OSError) -> SourceUnavailable:
    if isinstance(error, PermissionError):
        reason, advice = "cannot be read: permission denied", "Give the user that runs Strøm the right to read it"
    elif isinstance(error, FileNotFoundError):
        reason, advice = "does not exist", "Create it, or correct `path` in the settings of this workspace"
    else:
        reason, advice = f"cannot be read: {error.strerror or error}", "Correct `path` in the settings"
    return SourceUnavailable(f"folder {root} {reason}. {advice}")
