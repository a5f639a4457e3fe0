"""Snapshots from what a helper tells, reusing what is known of the snapshot before."""

import datetime
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from stroem.definitions.release import Commit, FileEntry
from stroem.interfaces.source import Snapshot

_REMEMBERED = 4
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
class _Handed:
    snapshot: weakref.ref[Snapshot]
    fingerprint: int
    notes: Notes


class HandedOver:
    """The last snapshots that a source handed over: only what differs from these need be asked for.

    Another snapshot may have been made with another `path`, though its commit is the same.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Handed] = OrderedDict()

    def notes(self, snapshot: Snapshot | None) -> Notes | None:
        """What is known of a snapshot, None when it was not handed over."""
        known = self._known.get(snapshot.revision) if snapshot else None
        if snapshot is None or known is None:
            return None
        same = known.snapshot() is snapshot or known.fingerprint == hash(snapshot.files)
        return known.notes if same else None

    def add(self, snapshot: Snapshot, notes: Notes) -> None:
        """Remembers a snapshot, without keeping it in memory."""
        handed = _Handed(snapshot=weakref.ref(snapshot), fingerprint=hash(snapshot.files), notes=notes)
        self._known[snapshot.revision] = handed
        self._known.move_to_end(snapshot.revision)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def make_snapshot(
    answer: Mapping[str, Any], previous: Snapshot | None, notes: Notes, *, whole: bool
) -> tuple[Snapshot, Notes]:
    """The snapshot that an answer of a helper describes, and its notes. `notes` are those of `previous`.

    With `whole` the commit itself matters: the same files in another commit are another snapshot.
    """
    known = {file.path: file for file in previous.files} if previous else {}
    based = answer["base"] is not None
    files = dict(known) if based else {}
    for path in answer["removed"]:
        files.pop(path, None)
    changed = [_same(file, known) for file in _entries(answer)]
    added = any(file.path not in files for file in changed)
    files.update((file.path, file) for file in changed)
    ordered = tuple(files[path] for path in sorted(files))
    gone = {*answer["removed"], *(file.path for file in changed)}
    found = Notes(
        submodules=_renewed(notes.submodules if based else (), gone, answer["submodules"]),
        pointers=_renewed(notes.pointers if based else (), gone, answer["pointers"]),
        clashes=_clashes(files) if added or answer["removed"] else notes.clashes,
    )
    if previous is not None and previous.files == ordered:
        if previous.revision == answer["revision"] or not whole:
            return previous, found
        ordered = previous.files
    return Snapshot(revision=answer["revision"], files=ordered, commit=_commit(answer)), found


def _entries(answer: Mapping[str, Any]) -> Iterable[FileEntry]:
    for path, mode, size, digest in answer["files"]:
        yield FileEntry(path=path, digest=digest, size=size, mode=mode)
    for path, target in answer["links"]:
        yield FileEntry(path=path, link=target, mode=0o777)


def _same(file: FileEntry, known: Mapping[str, FileEntry]) -> FileEntry:
    """The entry that is known already, if it says the same, so that whoever compares can use `is`."""
    before = known.get(file.path)
    return before if before is not None and before == file else file


def _renewed(names: Iterable[str], gone: set[str], added: Iterable[str]) -> frozenset[str]:
    return frozenset(names) - gone | frozenset(added)


def _clashes(paths: Iterable[str]) -> tuple[str, ...]:
    first: dict[str, str] = {}
    return tuple(
        f"{other} and {path}" for path in sorted(paths) if (other := first.setdefault(path.casefold(), path)) != path
    )


def _named(names: Iterable[str]) -> str:
    ordered = sorted(names)
    rest = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(ordered[:_NAMED]) + rest


def _commit(answer: Mapping[str, Any]) -> Commit:
    at = datetime.datetime.fromisoformat(answer["at"])
    return Commit(author=answer["author"], message=answer["message"], at=at)
