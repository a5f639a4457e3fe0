"""Fields of cron expressions: numbers and names, ranges, steps and lists."""

import re
from collections.abc import Iterable, Mapping

import attrs

from stroem.schedules.days import LAST

_ENTRY = re.compile(r"(?P<start>\*|\w+)(?:-(?P<end>\w+))?(?:/(?P<step>[0-9]{1,4}))?", re.ASCII)
_NTH = re.compile(r"(?P<days>\w+(?:-\w+)?)#(?P<number>[1-5]|L)", re.ASCII)
_NEAREST = re.compile(r"([0-9]{1,2}|L)W", re.ASCII)


class Unreadable(ValueError):
    """The text is no value of its field."""


@attrs.frozen(kw_only=True)
class Field:
    """A field: its title, the values it takes, what it expects in words, and names for values.

    `also` is a further number for the least value.
    """

    title: str
    least: int
    last: int
    expected: str
    also: int | None = None
    names: Mapping[str, int] = attrs.Factory(dict)


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")

SECOND = Field(title="second", least=0, last=59, expected="0 to 59")
MINUTE = Field(title="minute", least=0, last=59, expected="0 to 59")
HOUR = Field(title="hour", least=0, last=23, expected="0 to 23")
DATE = Field(
    title="day of the month",
    least=1,
    last=31,
    expected="1 to 31, L for the last, 15W for the nearest weekday, LW for the last weekday",
)
MONTH = Field(
    title="month",
    least=1,
    last=12,
    expected="1 to 12 or JAN to DEC",
    names={name: number for number, name in enumerate(_MONTHS, 1)},
)
WEEKDAY = Field(
    title="day of the week",
    least=0,
    last=6,
    also=7,
    expected="0 to 7 or SUN to SAT, MON#2 for the second, 5L for the last",
    names={name: number for number, name in enumerate(_WEEKDAYS)},
)
YEAR = Field(title="year", least=1970, last=2099, expected="1970 to 2099")
FIELDS = (SECOND, MINUTE, HOUR, DATE, MONTH, WEEKDAY, YEAR)


@attrs.frozen(kw_only=True)
class Dates:
    """A read day of the month: days, and days of which the nearest weekday is meant."""

    days: frozenset[int]
    nearest: frozenset[int]


@attrs.frozen(kw_only=True)
class Weekdays:
    """A read day of the week: weekdays, those with their number in the month, and whether `+` stands before them."""

    days: frozenset[int]
    nth: frozenset[tuple[int, int]]
    both: bool


def is_any(text: str) -> bool:
    """Whether a day field names all days."""
    return text in ("*", "?", "*/1")


def read_values(field: Field, text: str) -> tuple[int, ...]:
    """The values of a list of numbers, names and ranges with steps, sorted. Raises `Unreadable`."""
    return tuple(sorted({value for entry in text.split(",") for value in _entry(field, entry)}))


def read_dates(text: str) -> Dates:
    """The day of the month. Raises `Unreadable`."""
    days: set[int] = set()
    nearest: set[int] = set()
    for entry in _star(text).upper().split(","):
        if entry == "L":
            days.add(LAST)
        elif found := _NEAREST.fullmatch(entry):
            nearest.add(LAST if found[1] == "L" else _number(DATE, found[1]))
        else:
            days.update(_entry(DATE, entry))
    return Dates(days=frozenset(days), nearest=frozenset(nearest))


def read_weekdays(text: str) -> Weekdays:
    """The day of the week. Raises `Unreadable`."""
    days: set[int] = set()
    nth: set[tuple[int, int]] = set()
    for entry in _star(text.removeprefix("+")).upper().split(","):
        if found := _NTH.fullmatch(entry):
            number = LAST if found["number"] == "L" else int(found["number"])
            nth.update((day % 7, number) for day in _entry(WEEKDAY, found["days"]))
        elif len(entry) > 1 and entry.endswith("L"):
            nth.add((_number(WEEKDAY, entry[:-1]) % 7, LAST))
        else:
            days.update(day % 7 for day in _entry(WEEKDAY, entry))
    return Weekdays(days=frozenset(days), nth=frozenset(nth), both=text.startswith("+"))


def _star(text: str) -> str:
    return "*" if text == "?" else text


def _entry(field: Field, text: str) -> Iterable[int]:
    """The values of one entry of a list. A range whose end is less than its start goes on from the first value."""
    found = _ENTRY.fullmatch(text)
    step = int(found["step"] or 1) if found else 0
    if found is None or step < 1 or (found["start"] == "*" and found["end"]):
        raise Unreadable(text)
    if found["start"] == "*":
        return range(field.least, field.last + 1, step)
    start = _number(field, found["start"])
    if found["end"] is None:
        return range(start, (field.last if found["step"] else start) + 1, step)
    end = _number(field, found["end"])
    if start <= end:
        return range(start, end + 1, step)
    if field is YEAR:
        raise Unreadable(text)
    count = field.last - field.least + 1
    return (field.least + (value - field.least) % count for value in range(start, end + count + 1, step))


def _number(field: Field, text: str) -> int:
    name = text.upper()
    if name in field.names:
        return field.names[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Unreadable(text)
    value = int(text)
    if not field.least <= value <= field.last and value != field.also:
        raise Unreadable(text)
    return value
