"""Instants of a schedule: of its expression, its interval or its list, without the days that a calendar skips."""

import bisect
import datetime
import functools
import zoneinfo
from collections.abc import Callable, Sequence

from stroem.schedules.clock import first_instant, wall_time
from stroem.schedules.cron import read_cron
from stroem.schedules.times import next_after
from stroem_cron.calendar import first_of_run, next_open
from stroem_cron.days import Days

Following = Callable[[datetime.datetime], datetime.datetime | None]
"""The first instant later than another, in UTC; None without one."""

_DAY = datetime.timedelta(days=1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_MOST_SKIPPED = 200


def of_cron(text: str, zone: zoneinfo.ZoneInfo) -> Following:
    """The instants of a cron expression."""
    return functools.partial(next_after, read_cron(text), zone)


def of_interval(length: datetime.timedelta, anchor: datetime.datetime) -> Following:
    """The instants at a distance of this length, the first one at the anchor."""

    def following(after: datetime.datetime) -> datetime.datetime | None:
        try:
            return anchor + ((after - anchor) // length + 1) * length if after >= anchor else anchor
        except OverflowError:
            return None

    return following


def of_list(instants: Sequence[datetime.datetime]) -> Following:
    """The given instants, sorted."""

    def following(after: datetime.datetime) -> datetime.datetime | None:
        index = bisect.bisect_right(instants, after)
        return instants[index] if index < len(instants) else None

    return following


def leaving_out(following: Following, days: Days, zone: zoneinfo.ZoneInfo) -> Following:
    """The instants that are not on certain days."""

    def following_open(after: datetime.datetime) -> datetime.datetime | None:
        for _ in range(_MOST_SKIPPED):
            found = following(after)
            if found is None:
                return None
            date = wall_time(found, zone).date()
            if date not in days:
                return found
            beyond = next_open(days, date)
            if beyond is None:
                return None
            after = max(found, _midnight(beyond, zone) - _MICROSECOND)
        return None

    return following_open


def shifting(following: Following, days: Days, zone: zoneinfo.ZoneInfo) -> Following:
    """The instants; those on certain days at the same time of the next day that is none of them."""

    def following_open(after: datetime.datetime) -> datetime.datetime | None:
        date = wall_time(after, zone).date()
        for _ in range(_MOST_SKIPPED):
            day = next_open(days, date)
            if day is None:
                return None
            if (shifted := _first_on(day, after, following, days, zone)) is not None:
                return shifted
            found = following(_midnight(day + _DAY, zone) - _MICROSECOND)
            if found is None:
                return None
            date = wall_time(found, zone).date()
        return None

    return following_open


def _first_on(
    day: datetime.date, after: datetime.datetime, following: Following, days: Days, zone: zoneinfo.ZoneInfo
) -> datetime.datetime | None:
    """The first instant on a day, later than another one: of the day itself and of the skipped days before it."""
    own = following(max(after, _midnight(day, zone) - _MICROSECOND))
    candidates = [own] if own is not None and wall_time(own, zone).date() == day else []
    passed = max(wall_time(after, zone).replace(microsecond=0) - _start(day), datetime.timedelta())
    date = first_of_run(days, day)
    while date < day:
        found = following(first_instant(_start(date) + passed, zone) - _MICROSECOND)
        while found is not None and wall_time(found, zone).date() == date:
            moved = first_instant(wall_time(found, zone) + (day - date), zone)
            if moved > after:
                candidates.append(moved)
                break
            found = following(found)
        date += _DAY
    return min(candidates, default=None)


def _start(date: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(date, datetime.time())


def _midnight(date: datetime.date, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    return first_instant(_start(date), zone)
