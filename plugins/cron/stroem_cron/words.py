"""Schedules in words, for common shapes."""

from collections.abc import Sequence

from stroem.schedules.cron import Cron
from stroem.schedules.days import LAST, DayRule

_HOUR, _DAY, _MONTHS = 60, 24, 12
_MOST_TIMES, _MOST_DAYS = 4, 4
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_WEEKDAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")
_NUMBERS = ("last", "first", "second", "third", "fourth", "fifth")
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def interval_words(secs: int) -> str:
    """A length of time between fires: `every 90 seconds`, `every hour`."""
    return next(_every(secs // length, unit) for length, unit in _UNITS if secs % length == 0)


def cron_words(cron: Cron, zone: str) -> str | None:
    """An expression: `at 06:00 on weekdays (Europe/Oslo)`; None for an unusual one."""
    hours, minutes, seconds = cron.clock
    days = _days(cron.days, cron.months)
    if cron.years or days is None:
        return None
    if len(hours) == _DAY and (often := _often(minutes, seconds)) is not None:
        return often if not days else f"{often} {days} ({zone})"
    times = _times(hours, minutes) if seconds == (0,) else None
    if times is None:
        return None
    words = [times, days or ("every day" if times.startswith("at ") else ""), f"({zone})"]
    return " ".join(filter(None, words))


def _often(minutes: Sequence[int], seconds: Sequence[int]) -> str | None:
    """Times in every hour of the day."""
    if len(minutes) == _HOUR and (step := _step(seconds, _HOUR)):
        return _every(step, "second") if seconds != (0,) else "every minute"
    if seconds != (0,):
        return None
    if len(minutes) == 1:
        return "every hour" + (f" at {minutes[0]} past" if minutes[0] else "")
    step = _step(minutes, _HOUR)
    return _every(step, "minute") if step else None


def _times(hours: Sequence[int], minutes: Sequence[int]) -> str | None:
    """Times in some hours of the day."""
    if len(hours) * len(minutes) <= _MOST_TIMES:
        return f"at {_joined([f'{hour:02}:{minute:02}' for hour in hours for minute in minutes])}"
    first, last = f"{hours[0]:02}:{minutes[0]:02}", f"{hours[-1]:02}:{minutes[-1]:02}"
    if hours[-1] - hours[0] == len(hours) - 1:
        often = "every hour" if len(minutes) == 1 else _often(minutes, (0,))
        return None if often is None else f"{often} from {first} to {last}"
    step = _step(hours, _DAY)
    return f"{_every(step, 'hour')} from {first}" if step and len(minutes) == 1 else None


def _days(rule: DayRule, months: Sequence[int]) -> str | None:
    """The days, empty for all; None for unusual ones."""
    every_month = len(months) == _MONTHS
    named = _joined([_MONTH_NAMES[month - 1] for month in months]) if len(months) <= _MOST_DAYS else None
    if not every_month and named is None:
        return None
    if rule.any_date and rule.any_weekday:
        return "" if every_month else f"in {named}"
    month = "the month" if every_month else named
    if rule.any_weekday and not rule.nearest and len(rule.dates) <= _MOST_DAYS:
        return f"on the {_joined([_date(day) for day in sorted(rule.dates, key=lambda day: day or 99)])} of {month}"
    if not rule.any_date:
        return None
    if len(rule.nth) == 1 and not rule.weekdays:
        ((weekday, number),) = rule.nth
        return f"on the {_NUMBERS[number]} {_WEEKDAYS[weekday].removesuffix('s')} of {month}"
    weekdays = None if rule.nth else _weekdays(rule.weekdays)
    return weekdays if every_month or weekdays is None else f"{weekdays} in {named}"


def _weekdays(days: frozenset[int]) -> str | None:
    if days == {1, 2, 3, 4, 5}:
        return "on weekdays"
    if days == {0, 6}:
        return "on weekends"
    if len(days) > _MOST_DAYS:
        return None
    return f"on {_joined([_WEEKDAYS[day] for day in sorted(days, key=lambda day: day or 7)])}"


def _date(day: int) -> str:
    if day == LAST:
        return "last day"
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _step(values: Sequence[int], cycle: int) -> int | None:
    """The distance of values that fill a cycle evenly from 0; None for others."""
    step = cycle // len(values)
    return step if tuple(values) == tuple(range(0, cycle, step)) and cycle % step == 0 else None


def _every(number: int, unit: str) -> str:
    return f"every {unit}" if number == 1 else f"every {number} {unit}s"


def _joined(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
