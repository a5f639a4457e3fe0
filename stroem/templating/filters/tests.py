"""Tests of templates, used with `is`."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from stroem.templating.budget import Budget
from stroem.templating.errors import Missing
from stroem.templating.filters.arguments import number, text
from stroem.templating.filters.regex import matches
from stroem.templating.operators import contains, is_number


def defined(value: object) -> bool:
    """True when the name or part is there, also when it is null."""
    return not isinstance(value, Missing)


def undefined(value: object) -> bool:
    """True when the name or part is not there."""
    return isinstance(value, Missing)


def none(value: object) -> bool:
    """True for null."""
    return value is None


def odd(value: object) -> bool:
    """True for an odd number."""
    return math.fmod(number(value), 2) != 0


def even(value: object) -> bool:
    """True for an even number."""
    return not odd(value)


def string(value: object) -> bool:
    """True for a text."""
    return isinstance(value, str)


def numeric(value: object) -> bool:
    """True for a number."""
    return is_number(value)


def divisibleby(value: object, divisor: object) -> bool:
    """True when the number is a multiple of the divisor; never for 0."""
    by = number(divisor, "divisor")
    return by != 0 and math.fmod(number(value), by) == 0


def iterable(value: object) -> bool:
    """True for a list or map."""
    return isinstance(value, (list, tuple, Mapping))


def is_object(value: object) -> bool:
    """True for a map."""
    return isinstance(value, Mapping)


def starting_with(value: object, start: object) -> bool:
    """True when the text starts so."""
    return text(value).startswith(text(start, "start"))


def ending_with(value: object, end: object) -> bool:
    """True when the text ends so."""
    return text(value).endswith(text(end, "end"))


def containing(value: object, item: object, *, budget: Budget) -> bool:
    """True if a text has the part, a list the item, or a map the key."""
    return contains(value, item, budget)


def matching(value: object, pattern: object, *, budget: Budget) -> bool:
    """True when the regular expression is found in the text."""
    return matches(text(pattern, "pattern"), text(value), budget)


TESTS: dict[str, Callable[..., Any]] = {
    "containing": containing,
    "defined": defined,
    "divisibleby": divisibleby,
    "ending_with": ending_with,
    "even": even,
    "iterable": iterable,
    "matching": matching,
    "none": none,
    "number": numeric,
    "object": is_object,
    "odd": odd,
    "starting_with": starting_with,
    "string": string,
    "undefined": undefined,
}
