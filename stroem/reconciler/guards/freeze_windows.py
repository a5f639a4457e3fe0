"""Windows in which new releases wait."""

import datetime
import zoneinfo
from collections.abc import Sequence

import attrs

from stroem.schedules.clock import last_instant, wall_time
from stroem.schedules.cron import read_cron
from stroem.schedules.times import previous_before
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
    start = previous_before(read_cron(window.cron), zone, at + datetime.timedelta(microseconds=1))
    if start is None:
        return None
    end = last_instant(wall_time(start, zone) + datetime.timedelta(seconds=window.duration), zone)
    return _Opening(window=window, start=start, end=end)
