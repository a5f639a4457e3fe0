"""Instants of cron expressions in a time zone.

A time that the clock skips comes at the end of the gap, once for all that are skipped. A time that the clock shows
twice comes the first time, with an expression that names every hour both times.
"""

import datetime
import zoneinfo

from stroem.schedules.clock import both_instants, first_instant, gap_at, last_instant, overlap_at, wall_time
from stroem.schedules.cron import Cron

_SECOND = datetime.timedelta(seconds=1)


def next_after(cron: Cron, zone: zoneinfo.ZoneInfo, after: datetime.datetime) -> datetime.datetime | None:
    """The first instant later than another, in UTC; None if it comes no more."""
    try:
        return _next_after(cron, zone, after)
    except OverflowError:  # past the last year of a datetime
        return None


def previous_before(cron: Cron, zone: zoneinfo.ZoneInfo, before: datetime.datetime) -> datetime.datetime | None:
    """The last instant earlier than another, in UTC; None if it has not come yet."""
    try:
        return _previous_before(cron, zone, before)
    except OverflowError:  # before the first year of a datetime
        return None


def _next_after(cron: Cron, zone: zoneinfo.ZoneInfo, after: datetime.datetime) -> datetime.datetime | None:
    second = wall_time(after, zone).replace(microsecond=0)
    lower = second + _SECOND
    if (offset := zone.utcoffset(None)) is not None:  # clocks there never change
        wall = cron.first_from(lower)
        return (wall - offset).replace(tzinfo=datetime.UTC) if wall else None
    overlap = overlap_at(second, zone)
    if overlap and after >= overlap.at and not cron.names_every_hour:
        lower = overlap.end
    wall = cron.first_from(lower)
    found = [instant for instant in _instants(cron, wall, zone) if instant > after] if wall else []
    if overlap and after < overlap.at and cron.names_every_hour:
        again = cron.first_from(overlap.start)
        if again and again < overlap.end:
            found.append(last_instant(again, zone))
    return min(found, default=None)


def _previous_before(cron: Cron, zone: zoneinfo.ZoneInfo, before: datetime.datetime) -> datetime.datetime | None:
    shown = wall_time(before, zone)
    second = shown.replace(microsecond=0)
    upper = second if shown.microsecond else second - _SECOND
    if (offset := zone.utcoffset(None)) is not None:  # clocks there never change
        wall = cron.last_to(upper)
        return (wall - offset).replace(tzinfo=datetime.UTC) if wall else None
    overlap = overlap_at(second, zone)
    shown_again = overlap is not None and before >= overlap.at
    if overlap and shown_again and not cron.names_every_hour:
        upper = overlap.end - _SECOND
    wall = cron.last_to(upper)
    if wall and (gap := gap_at(wall, zone)) and gap.at >= before:
        wall = cron.last_to(gap.start - _SECOND)
    found = [instant for instant in _instants(cron, wall, zone) if instant < before] if wall else []
    if overlap and shown_again and cron.names_every_hour:
        earlier = cron.last_to(overlap.end - _SECOND)
        if earlier and earlier >= overlap.start:
            found.append(first_instant(earlier, zone))
    return max(found, default=None)


def _instants(cron: Cron, wall: datetime.datetime, zone: zoneinfo.ZoneInfo) -> tuple[datetime.datetime, ...]:
    """The instants at which an expression comes for a time of the clock."""
    first, second = both_instants(wall, zone)
    if first > second:
        return (first_instant(wall, zone),)
    return (first, second) if first < second and cron.names_every_hour else (first,)
