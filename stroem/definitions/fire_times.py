"""Next times of schedules."""

import datetime
import itertools
import zoneinfo
from collections.abc import Iterator

from croniter import croniter
from croniter.croniter import CroniterError

from stroem.definitions.trigger import Trigger


def next_fires(trigger: Trigger, now: datetime.datetime, count: int) -> tuple[datetime.datetime, ...]:
    """The next times of a schedule, in UTC; none for other triggers, disabled ones, and invalid expressions."""
    if trigger.type != "scheduler" or trigger.cron is None or not trigger.enabled:
        return ()
    return tuple(itertools.islice(_fires(trigger.cron, trigger.timezone or "UTC", now), count))


def _fires(cron: str, timezone: str, now: datetime.datetime) -> Iterator[datetime.datetime]:
    try:
        zone = zoneinfo.ZoneInfo(timezone)
        seconds_first = len(cron.split()) > 5
        times = croniter(cron, now.astimezone(zone), second_at_beginning=seconds_first)
        while True:
            yield times.get_next(datetime.datetime).astimezone(datetime.UTC)
    except (CroniterError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return
