"""Days that a calendar names: dates, days of each year, days of the week."""

import datetime
import functools
import re
from collections.abc import Iterable

import attrs

from stroem.schedules.moments import read_date

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_YEARLY = re.compile(r"--(\d{2})-(\d{2})", re.ASCII)
EXPECTED = "write a date like 2026-12-24, a day of each year like --12-25, or a weekday like SUN"


@attrs.frozen(kw_only=True)
class Days:
    """Days: dates, months with days, weekdays with 0 for Monday."""

    dates: frozenset[datetime.date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    weekdays: frozenset[int] = frozenset()

    def __contains__(self, day: datetime.date) -> bool:
        return day in self.dates or (day.month, day.day) in self.yearly or day.weekday() in self.weekdays


def read_day(text: str) -> Days | None:
    """A date, a day of each year or a weekday; None for another text."""
    if text.upper() in _WEEKDAYS:
        return Days(weekdays=frozenset({_WEEKDAYS.index(text.upper())}))
    if found := _YEARLY.fullmatch(text):
        month, day = int(found[1]), int(found[2])
        leap = read_date(f"2024-{month:02}-{day:02}")
        return Days(yearly=frozenset({(month, day)})) if leap else None
    date = read_date(text)
    return Days(dates=frozenset({date})) if date else None


@functools.lru_cache(maxsize=4096)
def days_of(texts: tuple[str, ...]) -> Days:
    """The days that texts name; wrong ones name none."""
    return united(read_day(text) for text in texts)


@functools.lru_cache(maxsize=256)
def days_in(file: bytes) -> Days:
    """The days of a file: one at the beginning of each line; `#` begins a comment.

    Raises ValueError with the number of a line that names none.
    """
    found = []
    for number, line in enumerate(file.decode("utf-8", "replace").splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        day = read_day(words[0])
        if day is None:
            raise ValueError(f"line {number}: {words[0][:40]!r} is no day; {EXPECTED}")
        found.append(day)
    return united(found)


def united(found: Iterable[Days | None]) -> Days:
    """The days of several."""
    days = [one for one in found if one is not None]
    return Days(
        dates=frozenset().union(*(one.dates for one in days)),
        yearly=frozenset().union(*(one.yearly for one in days)),
        weekdays=frozenset().union(*(one.weekdays for one in days)),
    )
