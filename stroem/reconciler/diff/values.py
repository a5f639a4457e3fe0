"""Differences of values at their paths, and values without defaults."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import attrs

from stroem.conversion import canonical
from stroem.definitions.values import Path


class Absent:
    """The marker for a missing value."""


ABSENT: Final = Absent()
_OPENED_DEPTH = 2
_MATCHED_ENTRIES = 200


@attrs.frozen(kw_only=True)
class Record:
    """The fields of a definition that have a value; `defaults` are those at their default."""

    fields: Mapping[str, Any]
    defaults: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Leaf:
    """Two values that differ at a path, one of them perhaps `ABSENT`."""

    path: Path
    old: object
    new: object


def record_of(value: Any) -> Record:
    """The record of an attrs object."""
    defaults = _defaults(type(value))  # type: ignore[arg-type]  # mypy: a class is not known to be hashable
    fields = {name: field for name in defaults if (field := getattr(value, name)) is not None}
    return Record(fields=fields, defaults=frozenset(name for name in fields if fields[name] == defaults[name]))


def leaves(old: object, new: object, path: Path = ()) -> Iterator[Leaf]:
    """The innermost differences of two values.

    Of a value on one side only, each field and entry is a difference, down to a fixed depth.
    """
    if old is new:
        return
    old, new = _opened(old), _opened(new)
    if isinstance(old, Record) and isinstance(new, Record):
        yield from _of_maps(_without_defaults(old, new), _without_defaults(new, old), path)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_maps(old, new, path)
    elif _is_list(old) and _is_list(new):
        yield from _of_lists(old, new, path)  # type: ignore[arg-type]
    elif len(path) < _OPENED_DEPTH and _is_alone(old, new):
        yield from _of_maps(_written(old), _written(new), path)
    elif type(old) is not type(new) or old != new:
        yield Leaf(path=path, old=old, new=new)


def plain(value: object) -> Any:
    """A value in JSON without its defaults; with them when there is nothing else."""
    value = _opened(value)
    if isinstance(value, Record):
        return {name: plain(field) for name, field in (_written(value) or value.fields).items()}
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def _opened(value: object) -> object:
    return record_of(value) if attrs.has(type(value)) and not isinstance(value, Record) else value


@functools.cache
def _defaults(kind: type) -> Mapping[str, object]:
    defaults: dict[str, object] = {}
    for field in attrs.fields(kind):
        default: Any = field.default
        defaults[field.name] = default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]
    return defaults


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _is_alone(old: object, new: object) -> bool:
    """Whether one side is missing and the other has parts."""
    there = new if old is ABSENT else old
    return (old is ABSENT or new is ABSENT) and isinstance(there, Record | Mapping) and bool(_written(there))


def _written(value: object) -> Mapping[str, Any]:
    if isinstance(value, Record):
        return {name: field for name, field in value.fields.items() if name not in value.defaults}
    return value if isinstance(value, Mapping) else {}


def _without_defaults(record: Record, other: Record) -> Mapping[str, Any]:
    """Drops defaulted fields that the other record's class lacks."""
    if record.fields.keys() <= other.fields.keys():
        return record.fields
    unsaid = record.defaults - other.fields.keys()
    return {name: field for name, field in record.fields.items() if name not in unsaid}


def _of_maps(old: Mapping[str, object], new: Mapping[str, object], path: Path) -> Iterator[Leaf]:
    for key in sorted({*old, *new}, key=str):
        yield from leaves(old.get(key, ABSENT), new.get(key, ABSENT), (*path, str(key)))


def _of_lists(old: Sequence[object], new: Sequence[object], path: Path) -> Iterator[Leaf]:
    """Added, removed and replaced entries; `path` ends in the position, the new one if any."""
    start = 0
    while start < min(len(old), len(new)) and _same(old[start], new[start]):
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and _same(old[-1 - end], new[-1 - end]):
        end += 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    for first, last, other, until in _blocks(before, after):
        for offset in range(max(last - first, until - other)):
            gone, come = first + offset < last, other + offset < until
            yield from leaves(
                before[first + offset] if gone else ABSENT,
                after[other + offset] if come else ABSENT,
                (*path, start + (other if come else first) + offset),
            )


def _blocks(old: Sequence[object], new: Sequence[object]) -> Iterator[tuple[int, int, int, int]]:
    if max(len(old), len(new)) > _MATCHED_ENTRIES:
        yield 0, len(old), 0, len(new)
        return
    matcher = SequenceMatcher(None, [_key(entry) for entry in old], [_key(entry) for entry in new], autojunk=False)
    for tag, first, last, other, until in matcher.get_opcodes():
        if tag != "equal":
            yield first, last, other, until


def _key(value: object) -> bytes:
    return canonical.to_bytes(plain(value))


def _same(old: object, new: object) -> bool:
    return old is new or (type(old) is type(new) and old == new)
