"""Slow reference of times of schedules: a walk minute by minute over what a clock shows."""

import datetime
import zoneinfo
from collections.abc import Iterator

import attrs

MINUTE = datetime.timedelta(minutes=1)
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@attrs.frozen(kw_only=True)
class Named:
    """The minutes, hours, dates, months and weekdays (0 is Monday) of an expression; None for all."""

    minutes: frozenset[int] | None = None
    hours: frozenset[int] | None = None
    dates: frozenset[int] | None = None
    months: frozenset[int] | None = None
    weekdays: frozenset[int] | None = None

    @property
    def text(self) -> str:
        weekdays = None if self.weekdays is None else [WEEKDAYS[day] for day in sorted(self.weekdays)]
        numbers = (self.minutes, self.hours, self.dates, self.months)
        written = [values if values is None else [str(value) for value in sorted(values)] for values in numbers]
        return " ".join("*" if values is None else ",".join(values) for values in (*written, weekdays))

    def names(self, wall: datetime.datetime) -> bool:
        if self.minutes is not None and wall.minute not in self.minutes:
            return False
        if self.hours is not None and wall.hour not in self.hours:
            return False
        if self.months is not None and wall.month not in self.months:
            return False
        date = self.dates is None or wall.day in self.dates
        weekday = self.weekdays is None or wall.weekday() in self.weekdays
        if self.dates is not None and self.weekdays is not None:
            return date or weekday
        return date and weekday


def walk(
    named: list[Named], zone: zoneinfo.ZoneInfo, start: datetime.datetime, end: datetime.datetime
) -> list[list[datetime.datetime]]:
    """The instants of several expressions, in UTC, from `start` until before `end`."""
    found: list[list[datetime.datetime]] = [[] for _ in named]
    for instant, walls, shown_again in _minutes(zone, start, end):
        for index, one in enumerate(named):
            if shown_again and one.hours is not None:
                continue
            if any(one.names(wall) for wall in walls):
                found[index].append(instant)
    return found


def _minutes(
    zone: zoneinfo.ZoneInfo, start: datetime.datetime, end: datetime.datetime
) -> Iterator[tuple[datetime.datetime, list[datetime.datetime], bool]]:
    """Each minute: the instant, what the clock shows after what it skipped, and whether it has shown that before."""
    instant = start - datetime.timedelta(days=2)  # what was shown before `start`
    latest = instant.astimezone(zone).replace(tzinfo=None)
    while instant < end:
        wall = instant.astimezone(zone).replace(tzinfo=None)
        walls = [wall]
        skipped = latest + MINUTE
        while skipped < wall:
            walls.append(skipped)
            skipped += MINUTE
        shown_again = wall <= latest
        latest = max(latest, wall)
        if instant >= start:
            yield instant, walls, shown_again
        instant += MINUTE
