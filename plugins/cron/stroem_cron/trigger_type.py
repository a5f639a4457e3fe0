"""Triggers that fire by a schedule."""

import datetime
import zoneinfo
from collections.abc import Iterator
from typing import ClassVar

import attrs
from croniter import CroniterBadDateError, croniter

from stroem.definitions.cron import computable, cron_problem
from stroem.definitions.zone import is_zone
from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault


@attrs.frozen(kw_only=True)
class Scheduler(TimeTrigger):
    """A schedule."""

    name: ClassVar[str] = "scheduler"

    cron: str
    timezone: str = "UTC"

    def faults(self) -> Iterator[OptionFault]:
        """Faults of the expression and the zone."""
        if (problem := cron_problem(self.cron)) is not None:
            yield OptionFault(path=("cron",), message=problem[0], hint=problem[1], code="invalid-cron")
        if not is_zone(self.timezone):
            message, hint = f"there is no time zone {self.timezone!r}", "write a name like Europe/Oslo"
            names = zoneinfo.available_timezones()
            yield OptionFault(path=("timezone",), message=message, hint=hint, code="unknown-timezone", names=names)

    def next_due(self, after: datetime.datetime, schedule: Schedule) -> Instant | None:
        """The next time of the expression."""
        text = computable(self.cron)
        if text is None or not is_zone(self.timezone):
            return None
        times = croniter(text, after.astimezone(zoneinfo.ZoneInfo(self.timezone)), second_at_beginning=True)
        try:
            at = times.get_next(datetime.datetime).astimezone(datetime.UTC)
        except CroniterBadDateError:  # its years are over
            return None
        return Instant(at=at, due=at)
