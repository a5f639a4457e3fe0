"""Triggers that fire by a schedule."""

import datetime
import zoneinfo
from collections.abc import Iterator
from typing import Annotated, ClassVar

import attrs

from stroem.conversion.constraints import Range, Seconds
from stroem.definitions.zone import is_zone
from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault
from stroem.schedules.cron import cron_fault, read_cron
from stroem.schedules.moments import read_moment
from stroem_cron.calendar import Calendar
from stroem_cron.faults import faults_of
from stroem_cron.instants import Following, leaving_out, of_cron, of_interval, of_list, shifting
from stroem_cron.jitter import delay
from stroem_cron.words import cron_words, interval_words

_MICROSECOND = datetime.timedelta(microseconds=1)
_LONGEST_INTERVAL = 366 * 24 * 3600
_LONGEST_JITTER = 24 * 3600


@attrs.frozen(kw_only=True)
class Scheduler(TimeTrigger):
    """A schedule: `cron` is an expression, `interval` a length of time, `at` a list of times; one of them is given.

    An interval counts from `start`, else from the time from which the definition is in effect. `start` and `end` are
    the first and the last time at which it may fire; a date as `end` is included. Times without an offset, and the
    expression, are those of a clock in `timezone`. Each fire is delayed by a part of `jitter`, always the same for an
    instant. `calendar` has days on which it does not fire.
    """

    name: ClassVar[str] = "scheduler"
    facts: ClassVar[frozenset[str]] = frozenset()
    one_of: ClassVar[tuple[str, ...]] = ("cron", "interval", "at")

    cron: str | None = None
    interval: Annotated[Seconds, Range(at_least=1, at_most=_LONGEST_INTERVAL)] | None = None
    at: tuple[str, ...] | None = None
    timezone: str = "UTC"
    start: str | None = None
    end: str | None = None
    jitter: Annotated[Seconds, Range(at_least=1, at_most=_LONGEST_JITTER)] | None = None
    calendar: Calendar | None = None

    def faults(self) -> Iterator[OptionFault]:
        """Faults of the times, their zone and the calendar, and a schedule that never comes."""
        found = tuple(faults_of(self))
        yield from found
        if not found and self._never_comes():
            message = "the schedule never comes: its end, its start and its calendar leave no instant"
            yield OptionFault(path=(self.form,), message=message, hint="check `start`, `end` and `calendar`")

    @property
    def form(self) -> str:
        """The key that gives the instants."""
        return next(key for key in self.one_of if getattr(self, key) is not None)

    @property
    def files(self) -> tuple[str, ...]:
        """The file of the calendar."""
        return (self.calendar.file,) if self.calendar and self.calendar.file else ()

    @property
    def words(self) -> str | None:
        """The interval, or an expression of a common shape, without regard to start, end and calendar."""
        if self.interval is not None:
            return interval_words(self.interval)
        if self.cron is None or cron_fault(self.cron) is not None:
            return None
        return cron_words(read_cron(self.cron), self.timezone)

    def next_due(self, after: datetime.datetime, schedule: Schedule) -> Instant | None:
        """The first instant later than `after`. Raises TimesUnreadable for a file that names no days."""
        if (self.cron is not None and cron_fault(self.cron)) or not is_zone(self.timezone):
            return None
        start = self._moment(self.start)
        try:
            at = self._following(schedule)(max(after, start - _MICROSECOND) if start else after)
        except OverflowError:  # past the last year of a datetime
            return None
        end = read_moment(self.end, self.timezone, end_of_day=True) if self.end else None
        if at is None or (end is not None and at > end):
            return None
        late = delay(schedule.seed, at, self.jitter) if self.jitter else datetime.timedelta()
        return Instant(at=at, due=at + late)

    def _following(self, schedule: Schedule) -> Following:
        zone = zoneinfo.ZoneInfo(self.timezone)
        following = self._all(schedule, zone)
        if self.calendar is None:
            return following
        days = self.calendar.days(schedule.read_file)
        return (shifting if self.calendar.then == "shift" else leaving_out)(following, days, zone)

    def _all(self, schedule: Schedule, zone: zoneinfo.ZoneInfo) -> Following:
        """The instants without regard to the calendar."""
        if self.cron is not None:
            return of_cron(self.cron, zone)
        if self.interval is not None:
            length = datetime.timedelta(seconds=self.interval)
            return of_interval(length, self._moment(self.start) or schedule.since.replace(microsecond=0) + length)
        return of_list(sorted(filter(None, map(self._moment, self.at or ()))))

    def _moment(self, text: str | None) -> datetime.datetime | None:
        return read_moment(text, self.timezone) if text is not None else None

    def _never_comes(self) -> bool:
        """Whether it comes at no time since 1970, with whatever file."""
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
        plain = attrs.evolve(self, calendar=attrs.evolve(self.calendar, file=None) if self.calendar else None)
        return plain.next_due(epoch, Schedule(seed="", since=epoch, read_file=lambda path: None)) is None
