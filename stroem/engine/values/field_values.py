"""Values of input fields: their types and limits."""

import datetime
from collections.abc import Callable, Iterator, Mapping

from stroem.conversion import literals
from stroem.definitions.field import BOUNDED_TYPES, TEXT_TYPES, InputField
from stroem.definitions.values import Json
from stroem.templating.budget import ITEMS_A_UNIT, Budget
from stroem.templating.errors import Fault
from stroem.templating.filters.regex import InvalidPattern, matches_whole

EXPECTED: Mapping[str, str] = {
    "string": "a string",
    "text": "a string",
    "integer": "a whole number within 64 bits",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "datetime": "a date and time such as 2026-01-31T12:00:00Z",
}
"""Values of primitive types, in words."""
_SHOWN = 50
"""Options in a message, at most."""
_TOLD = 20
"""Problems of the items of a value after which the rest is not checked."""


class WrongValue(Exception):
    """A value that its field does not take. `problems` has every reason."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


def field_value(field: InputField, value: Json, budget: Budget) -> Json:
    """The value of a field of a primitive type, converted and within its limits. Raises WrongValue."""
    try:
        return _many(field, value, budget) if field.multiple else _one(field, value, budget)
    except Fault:
        raise WrongValue("is too large to be checked") from None


def typed(kind: str, value: Json) -> Json:
    """The value of a primitive type in a JSON value. Raises ValueError."""
    return _READERS[kind](value)


def limit_problems(field: InputField, value: Json, budget: Budget) -> Iterator[str]:
    """Problems of a single value of the right type: options, bounds, length, pattern."""
    if field.options and not field.allow_custom and value not in field.options:
        yield f"must be one of {_listed(field.options)}"
    if field.type in BOUNDED_TYPES:
        yield from _bound_problems(field, value)
    elif field.type in TEXT_TYPES and isinstance(value, str):
        yield from _length_problems(field, value)
        if field.pattern is not None:
            yield from _pattern_problems(field.pattern, value, budget)


def is_before(kind: str, value: Json, other: Json) -> bool:
    """True if a value of a bounded type comes before another. Times without an offset are in UTC. Raises ValueError."""
    if kind == "date":
        return literals.date(value) < literals.date(other)
    if kind == "datetime":
        return _in_utc(value) < _in_utc(other)
    return literals.number(value) < literals.number(other)


def _in_utc(value: Json) -> datetime.datetime:
    at = literals.timestamp(value)
    return at if at.tzinfo else at.replace(tzinfo=datetime.UTC)


def _many(field: InputField, value: Json, budget: Budget) -> Json:
    if not isinstance(value, list | tuple):
        raise WrongValue(f"must be a list of {field.type}")
    problems = list(item_problems(field, len(value)))
    values = []
    for index, entry in enumerate(value):
        try:
            values.append(_one(field, entry, budget))
        except WrongValue as wrong:
            problems += [f"item {index} {problem}" for problem in wrong.problems]
            if len(problems) > _TOLD:
                problems.append("further items are not checked")
                break
    if problems:
        raise WrongValue(*problems)
    return values


def _one(field: InputField, value: Json, budget: Budget) -> Json:
    budget.spend(1 + len(field.options or ()) // ITEMS_A_UNIT)
    try:
        found = typed(field.type, value)
    except ValueError:
        shown = "a value that is not" if field.secret else f"{value!r:.80} is not"
        raise WrongValue(f"must be {EXPECTED[field.type]}; {shown}") from None
    if problems := list(limit_problems(field, found, budget)):
        raise WrongValue(*problems)
    return found


def item_problems(field: InputField, count: int) -> Iterator[str]:
    """Problems of the number of items of a value."""
    if field.min_items is not None and count < field.min_items:
        yield f"must have at least {field.min_items} items, has {count}"
    if field.max_items is not None and count > field.max_items:
        yield f"must have at most {field.max_items} items, has {count}"


def _bound_problems(field: InputField, value: Json) -> Iterator[str]:
    try:
        if field.min is not None and is_before(field.type, value, field.min):
            yield f"must be at least {field.min}"
        if field.max is not None and is_before(field.type, field.max, value):
            yield f"must be at most {field.max}"
    except ValueError:
        yield f"cannot be compared with the bounds of its field, which must be {EXPECTED[field.type]}"


def _length_problems(field: InputField, value: str) -> Iterator[str]:
    if field.min_length is not None and len(value) < field.min_length:
        yield f"must have at least {field.min_length} characters, has {len(value)}"
    if field.max_length is not None and len(value) > field.max_length:
        yield f"must have at most {field.max_length} characters, has {len(value)}"


def _pattern_problems(pattern: str, value: str, budget: Budget) -> Iterator[str]:
    try:
        if not matches_whole(pattern, value, budget):
            yield f"must match the pattern {pattern}"
    except InvalidPattern:
        yield f"cannot be compared with the pattern {pattern!r}, which is not valid"
    except UnicodeEncodeError:
        yield "has half of a surrogate pair"


def _listed(options: tuple[Json, ...]) -> str:
    shown = ", ".join(str(option) for option in options[:_SHOWN])
    return shown if len(options) <= _SHOWN else f"{shown} and {len(options) - _SHOWN} more"


def _string(value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError
    return value if isinstance(value, str) else str(value)


def _boolean(value: Json) -> Json:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError


def _date(value: Json) -> Json:
    literals.date(value)
    return value


def _datetime(value: Json) -> Json:
    literals.timestamp(value)
    return value


_READERS: Mapping[str, Callable[[Json], Json]] = {
    "string": _string,
    "text": _string,
    "integer": literals.whole_number,
    "number": literals.number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
