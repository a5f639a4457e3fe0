"""Differences between two snapshots."""

from collections.abc import Iterator, Mapping
from typing import Literal

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.files.state_archive import DOCUMENT, StateContents, StateFile

Change = Literal["added", "removed", "changed"]


@attrs.frozen(kw_only=True)
class ValueChange:
    """A difference in state.json, at a path of keys. Lists are compared as a whole."""

    path: tuple[str, ...]
    change: Change
    old: Json = attrs.field(default=None, metadata=ABSENT)
    new: Json = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class StateFileChange:
    """A file that differs. Sizes are in bytes."""

    path: str
    change: Change
    old_size: int | None = attrs.field(default=None, metadata=ABSENT)
    new_size: int | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Differences:
    """The differences of two snapshots: in state.json, and among the other files."""

    values: tuple[ValueChange, ...]
    files: tuple[StateFileChange, ...]


def differences(old: StateContents, new: StateContents) -> Differences:
    """The changes from one snapshot to another."""
    return Differences(
        values=tuple(_values(old.document or {}, new.document or {}, ())), files=tuple(_files(old.files, new.files))
    )


def _values(old: Mapping[str, Json], new: Mapping[str, Json], path: tuple[str, ...]) -> Iterator[ValueChange]:
    for key in sorted({*old, *new}):
        here = (*path, key)
        if key not in new:
            yield ValueChange(path=here, change="removed", old=old[key])
        elif key not in old:
            yield ValueChange(path=here, change="added", new=new[key])
        else:
            before, after = old[key], new[key]
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from _values(before, after, here)
            elif before != after or isinstance(before, bool) != isinstance(after, bool):
                yield ValueChange(path=here, change="changed", old=before, new=after)


def _files(old: Mapping[str, StateFile], new: Mapping[str, StateFile]) -> Iterator[StateFileChange]:
    for path in sorted({*old, *new} - {DOCUMENT}):
        before, after = old.get(path), new.get(path)
        if before == after:
            continue
        change: Change = "added" if before is None else "removed" if after is None else "changed"
        yield StateFileChange(
            path=path,
            change=change,
            old_size=None if before is None else before.size,
            new_size=None if after is None else after.size,
        )
