"""Windows in which new releases wait."""

import bisect
import datetime
import zoneinfo
from collections.abc import Iterator, Sequence

import attrs
import croniter

from stroem.definitions.cron import computable
from stroem.settings.release_guards import FreezeSettings

_MOST_MERGED = 100


@attrs.frozen(kw_only=True)
class _Opening:
    """A period of an open window: from `start` until before `end`, both in UTC."""

    window: FreezeSettings
    start: datetime.datetime
    end: datetime.datetime


def open_window(
    windows: Sequence[FreezeSettings], now: datetime.datetime
) -> tuple[FreezeSettings, datetime.datetime] | None:
    """The window that holds new releases at a time, the one that lasts longest when there are several, and when all
    that overlap or touch have closed, in UTC. That end is to be asked again when windows follow each other for ever.
    """
    longest = _longest(windows, now)
    if longest is None or longest.end <= now:
        return None
    end = longest.end
    for _ in range(_MOST_MERGED):
        later = _longest(windows, end)
        if later is None or later.end <= end:
            break
        end = later.end
    return longest.window, end


def _longest(windows: Sequence[FreezeSettings], at: datetime.datetime) -> _Opening | None:
    """Of what opened at a time or before, what closes last."""
    openings = [found for window in windows if (found := _last_opening(window, at)) is not None]
    return max(openings, key=lambda opening: opening.end, default=None)


def _last_opening(window: FreezeSettings, at: datetime.datetime) -> _Opening | None:
    """The last opening of a window that began at a time or before."""
    zone = zoneinfo.ZoneInfo(window.timezone)
    for clock in _fires_back(window.cron, _furthest_clock(at, zone)):
        start = _first_instant(clock, zone)
        if start <= at:
            shown = start.astimezone(zone).replace(tzinfo=None)
            end = _last_instant(shown + datetime.timedelta(seconds=window.duration), zone)
            return _Opening(window=window, start=start, end=end)
    return None


def _fires_back(cron: str, clock: datetime.datetime) -> Iterator[datetime.datetime]:
    """The times of an expression up to what a clock shows, backwards, as clocks show them."""
    expression = computable(cron)
    if expression is None:
        return
    after = clock.replace(tzinfo=datetime.UTC) + datetime.timedelta(microseconds=1)
    times = croniter.croniter(expression, after, second_at_beginning=True)
    try:
        while True:
            yield times.get_prev(datetime.datetime).replace(tzinfo=None)
    except croniter.CroniterBadDateError:
        return


def _furthest_clock(at: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The latest that clocks have shown up to a time: they show an hour twice when they are put back."""
    local = at.astimezone(zone)
    offset, before = local.utcoffset(), local.replace(fold=0).utcoffset()
    assert offset is not None
    assert before is not None
    return local.replace(tzinfo=None, fold=0) + max(before - offset, datetime.timedelta())


def _first_instant(clock: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """When clocks first show a time, or one after it if they are put forward over it."""
    first, second = _both_instants(clock, zone)
    if first <= second:
        return first
    skipped = range(int((first - second).total_seconds()))
    return second + datetime.timedelta(
        seconds=bisect.bisect_left(
            skipped,
            True,
            key=lambda passed: (
                (second + datetime.timedelta(seconds=passed)).astimezone(zone).replace(tzinfo=None) >= clock
            ),
        )
    )


def _last_instant(clock: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """When clocks last come to show a time, or one after it if they are put forward over it."""
    return max(_first_instant(clock, zone), _both_instants(clock, zone)[1])


def _both_instants(clock: datetime.datetime, zone: zoneinfo.ZoneInfo) -> tuple[datetime.datetime, datetime.datetime]:
    """A time on the clock in UTC, before and after a change of the clock; the same for all but the times around one."""
    before = clock.replace(tzinfo=zone, fold=0).astimezone(datetime.UTC)
    after = clock.replace(tzinfo=zone, fold=1).astimezone(datetime.UTC)
    return before, after
