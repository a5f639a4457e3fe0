"""Clocks of time zones: times that are skipped, and times that are shown twice."""

import bisect
import datetime
import zoneinfo

import attrs

_SECOND = datetime.timedelta(seconds=1)


@attrs.frozen(kw_only=True)
class Overlap:
    """Times that a clock shows twice: from `start` until before `end`. It is put back at the instant `at`, in UTC."""

    start: datetime.datetime
    end: datetime.datetime
    at: datetime.datetime


@attrs.frozen(kw_only=True)
class Gap:
    """Times that a clock skips, from `start` on. It is put forward at the instant `at`, in UTC."""

    start: datetime.datetime
    at: datetime.datetime


def wall_time(instant: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The time that a clock shows, without a zone."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def both_instants(wall: datetime.datetime, zone: zoneinfo.ZoneInfo) -> tuple[datetime.datetime, datetime.datetime]:
    """The instants, in UTC, of a time of the clock by the offsets before and after a change of the clock.

    They are the same but for times around a change: the first is earlier for a time that is shown twice, and later for
    a time that is skipped.
    """
    before = wall.replace(tzinfo=zone, fold=0).astimezone(datetime.UTC)
    after = wall.replace(tzinfo=zone, fold=1).astimezone(datetime.UTC)
    return before, after


def first_instant(wall: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The instant when a clock first shows a time, or is put forward over it."""
    first, second = both_instants(wall, zone)
    return first if first <= second else _change_between(second, first, zone)


def last_instant(wall: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The instant when a clock last comes to show a time, or is put forward over it."""
    first, second = both_instants(wall, zone)
    return second if first <= second else _change_between(second, first, zone)


def gap_at(wall: datetime.datetime, zone: zoneinfo.ZoneInfo) -> Gap | None:
    """The skipped times that a time of the clock is one of; None if it is shown."""
    first, second = both_instants(wall, zone)
    if first <= second:
        return None
    at = _change_between(second, first, zone)
    return Gap(start=wall_time(at, zone) - (first - second), at=at)


def overlap_at(wall: datetime.datetime, zone: zoneinfo.ZoneInfo) -> Overlap | None:
    """The times shown twice that a time of the clock is one of; None if it is shown once or is skipped."""
    first, second = both_instants(wall, zone)
    if first >= second:
        return None
    at = _change_between(first, second, zone)
    start = wall_time(at, zone)
    return Overlap(start=start, end=start + (second - first), at=at)


def _change_between(low: datetime.datetime, high: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The instant, later than the first one and at most the second one, in UTC, at which a clock is changed."""
    offset = low.astimezone(zone).utcoffset()
    seconds = range(1, int((high - low).total_seconds()) + 1)
    changed = bisect.bisect_left(
        seconds, True, key=lambda passed: (low + passed * _SECOND).astimezone(zone).utcoffset() != offset
    )
    return low + seconds[changed] * _SECOND
