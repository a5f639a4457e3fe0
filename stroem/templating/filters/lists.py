"""Filters on lists."""

import re
from collections.abc import Mapping

from stroem.templating.budget import Budget
from stroem.templating.errors import Fault, kind
from stroem.templating.filters.arguments import flag, items, text, whole
from stroem.templating.filters.display import to_json, to_text
from stroem.templating.operators import equal

_ABSENT = object()
_MAX_PARTS = 20
_POSITION = re.compile("[0-9]{1,9}")


def _path(attribute: object) -> tuple[str, ...]:
    """The names in a path such as `owner.name` or `pair.0`; none for the item itself."""
    path = text(attribute, "attribute")
    if path.count(".") >= _MAX_PARTS:
        raise Fault(f"the `attribute` has more than {_MAX_PARTS} parts")
    return tuple(path.split(".")) if path else ()


def _attribute(item: object, path: tuple[str, ...]) -> object:
    """The part of an item that the path names; `_ABSENT` when there is none."""
    for name in path:
        if isinstance(item, Mapping) and name in item:
            item = item[name]
        elif isinstance(item, (list, tuple)) and _POSITION.fullmatch(name) and int(name) < len(item):
            item = item[int(name)]
        else:
            return _ABSENT
    return item


def first(value: object) -> object:
    """The first item; an empty text when there is none."""
    found = items(value)
    return found[0] if found else ""


def last(value: object) -> object:
    """The last item; an empty text when there is none."""
    found = items(value)
    return found[-1] if found else ""


def nth(value: object, n: object) -> object:
    """The item at position `n`, counted from 0; an empty text when there is none."""
    found, position = items(value), whole(n, "n")
    return found[position] if 0 <= position < len(found) else ""


def join(value: object, sep: object = "", *, budget: Budget) -> str:
    """The items as texts with `sep` between them."""
    separator = text(sep, "sep")
    parts = []
    length = 0
    for item in items(value):
        part = to_text(item, budget)
        length += len(part) + len(separator)
        budget.text(length - len(separator))
        parts.append(part)
    return separator.join(parts)


def slice_items(value: object, start: object = 0, end: object = None) -> list[object]:
    """The items from `start` to before `end`; negative positions count from the end."""
    found = items(value)
    begin = whole(start, "start")
    stop = len(found) if end is None else whole(end, "end")
    return found[_position(begin, len(found)) : _position(stop, len(found))]


def _position(position: int, length: int) -> int:
    return max(position + length, 0) if position < 0 else position


def sort(value: object, attribute: object = "", reverse: object = False, *, budget: Budget) -> list[object]:
    """The items in order: numbers, texts, true/false, or lists by length; by a part of each with `attribute`."""
    if isinstance(attribute, bool):
        attribute, reverse = "", attribute
    found, path = items(value), _path(attribute)
    keys = [_sort_key(item, path) for item in found]
    if len({kind(key) for key in keys}) > 1:
        raise Fault("the items are of different kinds and have no order")
    budget.weigh(keys)
    budget.spend(len(found))
    plain = [len(key) if isinstance(key, (list, tuple)) else key for key in keys]
    order = sorted(range(len(found)), key=plain.__getitem__, reverse=flag(reverse, "reverse"))  # type: ignore[arg-type]
    return [found[index] for index in order]


def _sort_key(item: object, path: tuple[str, ...]) -> object:
    key = _attribute(item, path)
    if key is _ABSENT:
        raise Fault(f"an item has no `{'.'.join(path)}` to sort by")
    if key is None or isinstance(key, Mapping):
        raise Fault(f"{kind(key)} has no order")
    return key


def unique(value: object, attribute: object = "", case_sensitive: object = False, *, budget: Budget) -> list[object]:
    """The items without repetitions, the first of each; by a part of each with `attribute`."""
    if isinstance(attribute, bool):
        attribute, case_sensitive = "", attribute
    path, exact = _path(attribute), flag(case_sensitive, "case_sensitive")
    seen = set()
    kept = []
    for item in items(value):
        key = _attribute(item, path)
        if key is _ABSENT:
            continue
        if isinstance(key, str) and not exact:
            key = key.lower()
        mark = to_json(key, budget)
        if mark not in seen:
            seen.add(mark)
            kept.append(item)
    return kept


def group_by(value: object, attribute: object, *, budget: Budget) -> dict[str, list[object]]:
    """The items by the text of a part of each; items without it are left out."""
    path = _path(attribute)
    groups: dict[str, list[object]] = {}
    for item in items(value):
        key = _attribute(item, path)
        if key is _ABSENT or key is None:
            continue
        groups.setdefault(key if isinstance(key, str) else to_json(key, budget), []).append(item)
    return groups


def filter_items(subject: object, attribute: object, value: object = None, *, budget: Budget) -> list[object]:
    """The items with a part equal to `value`; without `value`, the items that have the part."""
    path = _path(attribute)
    kept = []
    for item in items(subject):
        part = _attribute(item, path)
        if part is _ABSENT or part is None:
            continue
        if value is None or equal(part, value, budget):
            kept.append(item)
    return kept


def map_items(value: object, *filter: object, attribute: object = "") -> list[object]:
    """One part of each item; items without it are omitted. With the name of a filter it is rewritten before."""
    path = _path(attribute)
    if not path:
        raise Fault('it needs an `attribute`, or a filter as in map("upper")')
    parts = (_attribute(item, path) for item in items(value))
    return [part for part in parts if part is not _ABSENT and part is not None]


def concat(value: object, with_: object, *, budget: Budget) -> list[object]:
    """The list with another list, or one value, behind it."""
    found = items(value)
    added = items(with_) if isinstance(with_, (list, tuple)) else [with_]
    budget.items(len(found) + len(added))
    return [*found, *added]


def reverse(value: object) -> object:
    """The list or text from its end to its start."""
    if isinstance(value, str):
        return value[::-1]
    return items(value)[::-1]
