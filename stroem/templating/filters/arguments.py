"""Argument checks of filters, functions and tests. Raises Fault with the expected and the given kind."""

import math
from collections.abc import Mapping

from stroem.templating.errors import Fault, kind


def text(value: object, name: str = "") -> str:
    """The value, which must be a text."""
    if isinstance(value, str):
        return value
    raise Fault(f"{_subject(name)} must be a text, not {kind(value)}")


def number(value: object, name: str = "") -> int | float:
    """The value, which must be a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise Fault(f"{_subject(name)} must be a number, not {kind(value)}")


def whole(value: object, name: str = "") -> int:
    """The value, which must be a number without a fraction."""
    checked = number(value, name)
    if isinstance(checked, int):
        return checked
    if math.isfinite(checked) and checked.is_integer():
        return int(checked)
    raise Fault(f"{_subject(name)} must be a whole number")


def flag(value: object, name: str = "") -> bool:
    """A boolean, also from the text `true` or `false`."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Fault(f"{_subject(name)} must be true or false, not {kind(value)}")


def items(value: object, name: str = "") -> list[object]:
    """The items of the value, which must be a list."""
    if isinstance(value, list):
        return value
    if isinstance(value, tuple):
        return list(value)
    raise Fault(f"{_subject(name)} must be a list, not {kind(value)}")


def mapping(value: object, name: str = "") -> Mapping[str, object]:
    """The value, which must be a map."""
    if isinstance(value, Mapping):
        return value
    raise Fault(f"{_subject(name)} must be a map, not {kind(value)}")


def _subject(name: str) -> str:
    return f"`{name}`" if name else "the value"
