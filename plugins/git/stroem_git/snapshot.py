"""Snapshots from what a helper tells, reusing what is known of the snapshot before."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from stroem.definitions.release import Commit, FileEntry
from stroem.interfaces.source import Snapshot

_NAMED = 3


@attrs.frozen(kw_only=True)
class Notes:
    """What people should know of the files of a snapshot."""

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
        """The same with `previous` for its snapshot, if that says the same."""
        mine = self.snapshot
        if previous is None or previous is mine or (whole and previous.revision != mine.revision):
            return self
        return attrs.evolve(self, snapshot=previous) if previous.files == mine.files else self


def take_over(answer: Mapping[str, Any], base: Known | None, previous: Snapshot | None, *, whole: bool) -> Known:
    """The snapshot that an answer of a helper describes, which may tell only what differs from `base`; `previous` if
    nothing differs from that. With `whole` the commit itself matters: the same files in another commit are another
    snapshot.
    """
    if base is None or answer["base"] is None:
        base = None
    before = {file.path: file for file in base.snapshot.files} if base else {}
    changed = {file.path: file for file in _entries(answer)}
    gone = {*answer["removed"], *changed}
    files = before | changed
    for path in answer["removed"]:
        files.pop(path, None)
    notes = base.notes if base else Notes()
    size = base.size if base else 0
    size += _size(changed.values()) - _size(before[path] for path in gone if path in before)
    found = Notes(
        submodules=notes.submodules - gone | frozenset(answer["submodules"]),
        pointers=notes.pointers - gone | frozenset(answer["pointers"]),
        clashes=notes.clashes if files.keys() == before.keys() else _clashes(files),
    )
    ordered = tuple(files[path] for path in sorted(files))
    return Known(snapshot=_snapshot(answer, ordered, previous, whole=whole), size=size, notes=found)


def _snapshot(
    answer: Mapping[str, Any], files: tuple[FileEntry, ...], previous: Snapshot | None, *, whole: bool
) -> Snapshot:
    """With the very entries of `previous` where they say the same, so that whoever compares can use `is`."""
    if previous is not None:
        if previous.files == files and (previous.revision == answer["revision"] or not whole):
            return previous
        known = {file.path: file for file in previous.files}
        files = tuple(file if (old := known.get(file.path)) is None or old != file else old for file in files)
        files = previous.files if files == previous.files else files
    at = datetime.datetime.fromisoformat(answer["at"])
    commit = Commit(author=answer["author"], message=answer["message"], at=at)
    return Snapshot(revision=answer["revision"], files=files, commit=commit)


def _size(files: Iterable[FileEntry]) -> int:
    return sum(file.size for file in files)


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
