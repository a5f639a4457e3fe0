"""Filters on values of any kind."""

from collections.abc import Mapping

from stroem.templating.budget import Budget
from stroem.templating.errors import Fault, Missing, MissingUsed, kind
from stroem.templating.filters.arguments import flag, mapping, text
from stroem.templating.filters.display import to_json, to_text

_REQUIRED = object()


def default(subject: object, value: object, boolean: object = False) -> object:
    """`value` when the subject is missing or null; with `boolean` also when it is empty, 0 or false."""
    if isinstance(subject, Missing) or subject is None or (boolean is True and not subject):
        if isinstance(value, Missing):
            raise MissingUsed(value)
        return value
    return subject


def get(value: object, key: object, default: object = _REQUIRED) -> object:
    """The part of a map under `key`; `default` when there is none."""
    found = mapping(value).get(text(key, "key"), default)
    if found is _REQUIRED:
        raise Fault("the map has no such key, and no `default` is given")
    return found


def length(value: object) -> int:
    """The number of items of a list or map, or of characters of a text."""
    if isinstance(value, (str, list, tuple, Mapping)):
        return len(value)
    raise Fault(f"the value must be a text, a list or a map, not {kind(value)}")


def json_encode(value: object, pretty: object = False, *, budget: Budget) -> str:
    """The value as JSON, over several lines with `pretty`."""
    if flag(pretty, "pretty"):
        return to_json(value, budget, separators=(",", ": "), indent=2)
    return to_json(value, budget)


def as_str(value: object, *, budget: Budget) -> str:
    """The value as it would look inside a text."""
    return to_text(value, budget)


def safe(value: object) -> object:
    """The value itself: nothing is escaped in the first place."""
    return value
