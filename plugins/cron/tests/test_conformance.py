"""Schedules in the published suite: by expression, interval and list, with calendars and jitter."""

from collections.abc import Mapping
from typing import Any, ClassVar

from stroem.testing.trigger_conformance import TimeTriggerConformance
from stroem_cron.trigger_type import Scheduler


class TestCron(TimeTriggerConformance):
    kind = Scheduler
    options: ClassVar[Mapping[str, Any]] = {"cron": "30 2 * * *", "timezone": "Europe/Oslo"}
    faulty = (
        ({}, ()),
        ({"cron": "61 * * * *"}, ("cron",)),
        ({"cron": "@daily", "interval": "1h"}, ("interval",)),
        ({"cron": "@daily", "timezone": "Mars"}, ("timezone",)),
        ({"at": ["2026-12-01", "soon"]}, ("at", 1)),
        ({"cron": "@daily", "calendar": {"skip": ["Xmas"]}}, ("calendar", "skip", 0)),
    )


class TestEveryHourInAZoneOfHalfHours(TimeTriggerConformance):
    kind = Scheduler
    options: ClassVar[Mapping[str, Any]] = {"cron": "*/20 * * * *", "timezone": "Australia/Lord_Howe"}


class TestInterval(TimeTriggerConformance):
    kind = Scheduler
    options: ClassVar[Mapping[str, Any]] = {"interval": "90s", "jitter": "60s"}


class TestList(TimeTriggerConformance):
    kind = Scheduler
    options: ClassVar[Mapping[str, Any]] = {"at": ["2026-12-01", "2026-02-01T09:00:00+01:00"]}


class TestShiftedDays(TimeTriggerConformance):
    kind = Scheduler
    options: ClassVar[Mapping[str, Any]] = {
        "cron": "0 9,17 * * *",
        "jitter": "1h",
        "calendar": {"skip": ["SAT", "SUN"], "file": "holidays.txt", "then": "shift"},
    }
    files: ClassVar[Mapping[str, bytes]] = {"holidays.txt": b"2026-01-02\n--01-05\n"}


class TestDaysThatAreLeftOut(TestShiftedDays):
    options: ClassVar[Mapping[str, Any]] = {
        "interval": "5h",
        "calendar": {"skip": ["SAT", "SUN"], "file": "holidays.txt"},
    }
