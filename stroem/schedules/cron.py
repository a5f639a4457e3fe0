"""Cron expressions: five fields, six with leading seconds, seven with a trailing year, and `@daily` and its like."""

import bisect
import datetime
import functools
from collections.abc import Sequence

import attrs

from stroem.schedules.columns import first_from, last_to
from stroem.schedules.days import DayRule, days_of_month
from stroem.schedules.fault import CronFault
from stroem.schedules.fields import (
    DATE,
    FIELDS,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    WEEKDAY,
    YEAR,
    Field,
    Unreadable,
    is_any,
    read_dates,
    read_values,
    read_weekdays,
)

ALIASES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_SEARCHED_YEARS = 40
"""Years in which every date comes on every weekday, 29 February too, also around a year like 2100 that has none."""
_HOURS = 24
_BEFORE_ALL, _AFTER_ALL = (0, 0, 0, 0), (31, 23, 59, 59)


@attrs.frozen(kw_only=True)
class Cron:
    """A read expression: the times that a clock shows when it comes. `years` is empty for all years."""

    months: tuple[int, ...]
    days: DayRule
    clock: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    years: tuple[int, ...] = ()

    @property
    def names_every_hour(self) -> bool:
        """Whether it comes in each hour of a day."""
        return len(self.clock[0]) == _HOURS

    def first_from(self, wall: datetime.datetime) -> datetime.datetime | None:
        """The first of its times that is not before a time of the clock, in whole seconds and without a zone."""
        for year in self._years_from(wall.year):
            at = bisect.bisect_left(self.months, wall.month) if year == wall.year else 0
            for month in self.months[at:]:
                is_same = month == wall.month and year == wall.year
                floor = (wall.day, wall.hour, wall.minute, wall.second) if is_same else _BEFORE_ALL
                found = first_from((days_of_month(self.days, year, month), *self.clock), floor)
                if found is not None:
                    return _wall(year, month, found)
        return None

    def last_to(self, wall: datetime.datetime) -> datetime.datetime | None:
        """The last of its times that is not after a time of the clock, in whole seconds and without a zone."""
        for year in self._years_to(wall.year):
            end = bisect.bisect_right(self.months, wall.month) if year == wall.year else len(self.months)
            for month in reversed(self.months[:end]):
                is_same = month == wall.month and year == wall.year
                ceiling = (wall.day, wall.hour, wall.minute, wall.second) if is_same else _AFTER_ALL
                found = last_to((days_of_month(self.days, year, month), *self.clock), ceiling)
                if found is not None:
                    return _wall(year, month, found)
        return None

    def _years_from(self, first: int) -> Sequence[int]:
        if self.years:
            return [year for year in self.years if year >= first]
        return range(first, min(first + _SEARCHED_YEARS, datetime.MAXYEAR) + 1)

    def _years_to(self, last: int) -> Sequence[int]:
        if self.years:
            return [year for year in reversed(self.years) if year <= last]
        return range(last, max(last - _SEARCHED_YEARS, datetime.MINYEAR) - 1, -1)


def _wall(year: int, month: int, rest: tuple[int, ...]) -> datetime.datetime:
    day, hour, minute, second = rest
    return datetime.datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (a time of the clock)


@functools.lru_cache(maxsize=8192)
def read_cron(text: str) -> Cron:
    """Reads an expression. Raises `CronFault` if it is none, and if it never comes."""
    fields = _fields(text)
    _check_each(fields)
    dates, weekdays = read_dates(fields[3]), read_weekdays(fields[5])
    cron = Cron(
        clock=(read_values(HOUR, fields[2]), read_values(MINUTE, fields[1]), read_values(SECOND, fields[0])),
        days=DayRule(
            any_date=is_any(fields[3]),
            dates=dates.days,
            nearest=dates.nearest,
            any_weekday=is_any(fields[5].removeprefix("+")),
            weekdays=weekdays.days,
            nth=weekdays.nth,
            both=weekdays.both,
        ),
        months=read_values(MONTH, fields[4]),
        years=read_values(YEAR, fields[6]) if len(fields) > 6 and fields[6] != "*" else (),
    )
    if cron.first_from(datetime.datetime(YEAR.least, 1, 1)) is None:  # noqa: DTZ001 (a time of the clock)
        raise CronFault(f"{text!r} never comes", "check the day, the month and the year")
    return cron


def cron_fault(text: str) -> CronFault | None:
    """The fault of an expression; None for a valid one."""
    try:
        read_cron(text)
    except CronFault as fault:
        return fault
    return None


def _fields(text: str) -> list[str]:
    """The fields, with leading seconds."""
    if text.startswith("@"):
        if text not in ALIASES:
            raise CronFault(f"there is no {text!r}", f"one of {', '.join(ALIASES)}")
        text = ALIASES[text]
    fields = text.split()
    if len(fields) not in (5, 6, 7):
        expected = "write minute, hour, day, month and day of the week; seconds may stand before them"
        raise CronFault(f"{text!r} has {len(fields)} fields instead of 5", expected)
    return fields if len(fields) > 5 else ["0", *fields]


def _check_each(fields: Sequence[str]) -> None:
    """Raises `CronFault` with all fields that are wrong."""
    wrong = [(field, text) for field, text in zip(FIELDS, fields, strict=False) if not _is_readable(field, text)]
    if not wrong:
        return
    message = "; ".join(f"{text!r} cannot be the {field.title}" for field, text in wrong)
    expected = [f"{field.expected} for the {field.title}" for field, _ in wrong] if len(wrong) > 1 else None
    raise CronFault(message, f"expected {'; '.join(expected) if expected else wrong[0][0].expected}")


def _is_readable(field: Field, text: str) -> bool:
    try:
        if field is DATE:
            read_dates(text)
        elif field is WEEKDAY:
            read_weekdays(text)
        else:
            read_values(field, text)
    except Unreadable:
        return False
    return True
