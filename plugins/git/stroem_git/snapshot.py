"""Snapshots made from a helper's answer and the snapshot before."""

import bisect
import datetime
import operator
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from stroem.interfaces.source import Snapshot
from stroem.records.release import Commit, FileEntry

_NAMED = 3

_path = operator.attrgetter("path")


@attrs.frozen(kw_only=True)
class Notes:
    """Warnings about the files of a snapshot."""

    submodules: frozenset[str] = frozenset()
    pointers: frozenset[str] = frozenset()
    clashes: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Each as a sentence."""
        found = []
        if self.submodules:
            found.append(f"submodules are left out: {_named(self.submodules)}")
        if self.pointers:
            found.append(f"files are pointers of Git LFS, whose contents are not fetched: {_named(self.pointers)}")
        if self.clashes:
            found.append(f"names differ in case only, and clash on some disks: {_named(self.clashes)}")
        return tuple(found)


@attrs.frozen(kw_only=True)
class Known:
    """A snapshot that this source itself made, with the settings that it has: only what differs from it need be asked
    for. One from elsewhere may have been made with another `path`, though its commit is the same.

    `size` is that of all files, in bytes.
    """

    snapshot: Snapshot
    size: int
    notes: Notes

    def shared_with(self, previous: Snapshot | None, *, whole: bool) -> "Known":
        """The same with `previous` for its snapshot, if both are equal."""
        mine = self.snapshot
        if previous is None or previous is mine or (whole and previous.revision != mine.revision):
            return self
        return attrs.evolve(self, snapshot=previous) if previous.files == mine.files else self


def take_over(answer: Mapping[str, Any], base: Known | None, previous: Snapshot | None, *, whole: bool) -> Known:
    """The snapshot that an answer of a helper describes, which may tell only what differs from `base`; `previous` if
    nothing differs from that. With `whole` the commit itself matters: the same files in another commit are another
    snapshot.
    """
    given = base if answer["base"] is not None else None
    files = _Files(given)
    gone = set(answer["removed"])
    for path in answer["removed"]:
        files.remove(path)
    for file in _entries(answer):
        files.put(file)
        gone.add(file.path)
    notes = given.notes if given else Notes()
    found = Notes(
        submodules=notes.submodules - gone | frozenset(answer["submodules"]),
        pointers=notes.pointers - gone | frozenset(answer["pointers"]),
        clashes=_clashes(file.path for file in files.ordered) if files.renamed else notes.clashes,
    )
    made = tuple(files.ordered)
    if previous is not None and (given is None or given.snapshot is not previous):
        made = _sharing(made, previous)
    if previous is not None and previous.files == made:
        made = previous.files
        if previous.revision == answer["revision"] or not whole:
            return Known(snapshot=previous, size=files.size, notes=found)
    snapshot = Snapshot(revision=answer["revision"], files=made, commit=_commit(answer))
    return Known(snapshot=snapshot, size=files.size, notes=found)


class _Files:
    """The files of a base while they are changed: sorted, with their size in bytes; `renamed` says that one was added
    or removed.
    """

    def __init__(self, base: Known | None) -> None:
        self.ordered = list(base.snapshot.files) if base else []
        self.size = base.size if base else 0
        self.renamed = False

    def remove(self, path: str) -> None:
        """Takes a file out, if it is there."""
        at = self._place(path)
        if at < len(self.ordered) and self.ordered[at].path == path:
            self.size -= self.ordered.pop(at).size
            self.renamed = True

    def put(self, file: FileEntry) -> None:
        """Adds or replaces a file."""
        at = self._place(file.path)
        if at < len(self.ordered) and self.ordered[at].path == file.path:
            self.size -= self.ordered[at].size
            self.ordered[at] = file
        else:
            self.ordered.insert(at, file)
            self.renamed = True
        self.size += file.size

    def _place(self, path: str) -> int:
        return bisect.bisect_left(self.ordered, path, key=_path)


def _sharing(files: tuple[FileEntry, ...], previous: Snapshot) -> tuple[FileEntry, ...]:
    """The files with the very entries of `previous` where they say the same, so that whoever compares can use `is`."""
    known = {file.path: file for file in previous.files}
    return tuple(old if (old := known.get(file.path)) is not None and old == file else file for file in files)


def _commit(answer: Mapping[str, Any]) -> Commit:
    at = datetime.datetime.fromisoformat(answer["at"])
    return Commit(author=answer["author"], message=answer["message"], at=at)


def _entries(answer: Mapping[str, Any]) -> Iterable[FileEntry]:
    for path, mode, size, digest in answer["files"]:
        yield FileEntry(path=path, digest=digest, size=size, mode=mode)
    for path, target in answer["links"]:
        yield FileEntry(path=path, link=target, mode=0o777)


def _clashes(paths: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    return tuple(
        f"{other} and {path}" for path in sorted(paths) if (other := first.setdefault(path.casefold(), path)) != path
    )


def _named(names: Iterable[str]) -> str:
    ordered = sorted(names)
    rest = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(ordered[:_NAMED]) + rest
