"""Days of a month that a cron expression names."""

import calendar
import datetime
import functools
from collections.abc import Iterator

import attrs

LAST = 0
"""The last day of the month, or the last of its weekday, where a number may stand."""


@attrs.frozen(kw_only=True, cache_hash=True)
class DayRule:
    """The two day fields of an expression.

    `dates` are days of the month, `nearest` days of which the nearest weekday is meant, Monday to Friday, in the same
    month. `weekdays` are 0 to 6 from Sunday, `nth` weekdays with their number in the month; `LAST` stands for the last.
    Days fit that one of the fields names. If a field names all days, the other one counts; with `both`, both do.
    """

    any_date: bool
    dates: frozenset[int]
    nearest: frozenset[int]
    any_weekday: bool
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    both: bool = False


@functools.lru_cache(maxsize=16_384)
def days_of_month(rule: DayRule, year: int, month: int) -> tuple[int, ...]:
    """The days of a month that fit, sorted."""
    first_weekday, length = calendar.monthrange(year, month)
    sunday_based = (first_weekday + 1) % 7
    every = range(1, length + 1)
    if rule.any_date and rule.any_weekday:
        return tuple(every)
    by_date = set(every) if rule.any_date else set(_dates(rule, year, month, length))
    by_weekday = set(every) if rule.any_weekday else set(_weekdays(rule, sunday_based, length))
    either = not (rule.both or rule.any_date or rule.any_weekday)
    return tuple(sorted(by_date | by_weekday if either else by_date & by_weekday))


def _dates(rule: DayRule, year: int, month: int, length: int) -> Iterator[int]:
    for day in rule.dates:
        if day <= length:
            yield day or length
    for day in rule.nearest:
        if day <= length:
            yield _nearest_weekday(year, month, day or length, length)


def _nearest_weekday(year: int, month: int, day: int, length: int) -> int:
    weekday = datetime.date(year, month, day).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < length else day - 2
    return day


def _weekdays(rule: DayRule, first_weekday: int, length: int) -> Iterator[int]:
    for weekday in rule.weekdays:
        yield from range(1 + (weekday - first_weekday) % 7, length + 1, 7)
    for weekday, number in rule.nth:
        days = range(1 + (weekday - first_weekday) % 7, length + 1, 7)
        if number <= len(days):
            yield days[number - 1]
