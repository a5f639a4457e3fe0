"""Faults in the options of schedules."""

import typing
import zoneinfo
from collections.abc import Iterator

from stroem.definitions.zone import is_zone
from stroem.interfaces.triggers.trigger_type import OptionFault
from stroem.schedules.cron import cron_fault
from stroem.schedules.moments import read_moment
from stroem_cron.days import EXPECTED, read_day

if typing.TYPE_CHECKING:
    from stroem_cron.trigger_type import Scheduler

_MOMENT = "write a time like 2026-12-01T09:00:00+01:00, or a date"
_ALL_WEEKDAYS = 7


def faults_of(schedule: "Scheduler") -> Iterator[OptionFault]:
    """The faults of each option."""
    given = [key for key in schedule.one_of if getattr(schedule, key) is not None]
    if not given:
        yield OptionFault(
            path=(),
            message="'cron', 'interval' or 'at' is missing",
            hint="triggers of type scheduler need one of them",
            code="missing-key",
        )
    for key in given[1:]:
        yield OptionFault(
            path=(key,),
            message=f"{key!r} and {given[0]!r} exclude each other",
            hint="make two triggers of it",
            code="conflicting-keys",
        )
    if schedule.cron is not None and (fault := cron_fault(schedule.cron)) is not None:
        yield OptionFault(path=("cron",), message=fault.message, hint=fault.hint, code="invalid-cron")
    if not is_zone(schedule.timezone):
        message, hint = f"there is no time zone {schedule.timezone!r}", "write a name like Europe/Oslo"
        names = zoneinfo.available_timezones()
        yield OptionFault(path=("timezone",), message=message, hint=hint, code="unknown-timezone", names=names)
        return
    yield from _faults_of_moments(schedule)
    yield from _faults_of_calendar(schedule)
    if schedule.interval and schedule.jitter and schedule.jitter > schedule.interval:
        yield OptionFault(
            path=("jitter",),
            message="the jitter is longer than the interval",
            hint="make it shorter",
            code="out-of-range",
        )


def _faults_of_moments(schedule: "Scheduler") -> Iterator[OptionFault]:
    zone = schedule.timezone
    if schedule.at is not None and not schedule.at:
        yield OptionFault(path=("at",), message="the list of times is empty", hint=_MOMENT)
    texts: dict[tuple[str | int, ...], str | None] = {
        ("at", index): text for index, text in enumerate(schedule.at or ())
    }
    texts |= {("start",): schedule.start, ("end",): schedule.end}
    for path, text in texts.items():
        if text is not None and read_moment(text, zone) is None:
            yield OptionFault(path=path, message=f"{text[:40]!r} is no time", hint=_MOMENT)
    start = read_moment(schedule.start, zone) if schedule.start else None
    end = read_moment(schedule.end, zone, end_of_day=True) if schedule.end else None
    if start and end and end < start:
        yield OptionFault(path=("end",), message="the end is before the start", hint="exchange them")


def _faults_of_calendar(schedule: "Scheduler") -> Iterator[OptionFault]:
    if schedule.calendar is None:
        return
    if not schedule.calendar.skip and schedule.calendar.file is None:
        yield OptionFault(
            path=("calendar",), message="the calendar names no days", hint="add `skip:` or `file:`", code="missing-key"
        )
    weekdays: set[int] = set()
    for index, text in enumerate(schedule.calendar.skip):
        day = read_day(text)
        if day is None:
            yield OptionFault(path=("calendar", "skip", index), message=f"{text[:40]!r} is no day", hint=EXPECTED)
        else:
            weekdays |= day.weekdays
    if len(weekdays) == _ALL_WEEKDAYS:
        yield OptionFault(path=("calendar", "skip"), message="the calendar skips all days", hint="leave out a weekday")
