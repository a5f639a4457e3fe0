"""Schedules: their instants, and the faults of their options."""

import datetime
import zoneinfo
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.conversion.mistake import Mistakes
from stroem.conversion.record import Record
from stroem.interfaces.triggers.time_trigger import Schedule, TimesUnreadable
from stroem.registry.registry import load_plugins
from stroem.schedules.clock import first_instant
from stroem_cron.calendar import Calendar
from stroem_cron.days import days_of
from stroem_cron.trigger_type import Scheduler

SINCE = datetime.datetime(2026, 11, 27, 12, 0, tzinfo=datetime.UTC)
HOLIDAYS = b"""# days off
2026-12-24   # a Thursday
--12-25
"""


def read_file(path: str) -> bytes | None:
    return {"holidays.txt": HOLIDAYS, "broken.txt": b"2026-12-24\nChristmas\n"}.get(path)


def scheduler(**options: Any) -> Scheduler:
    mistakes = Mistakes()
    made: Scheduler = Record(Scheduler)(options, (), mistakes)
    assert not mistakes
    return made


def instants(made: Scheduler, count: int = 3, after: datetime.datetime = SINCE) -> list[str]:
    schedule, found = Schedule(seed="default/nightly", since=SINCE, read_file=read_file), []
    for _ in range(count):
        instant = made.next_due(after, schedule)
        if instant is None:
            break
        found.append(f"{instant.at:%m-%d %H:%M:%S}")
        after = instant.at
    return found


def faults(**options: Any) -> list[tuple[str, str]]:
    return [(".".join(map(str, fault.path)), fault.message) for fault in scheduler(**options).faults()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"cron": "0 0 * * *", "timezone": "Europe/Oslo"}, ["11-27 23:00:00", "11-28 23:00:00", "11-29 23:00:00"]),
        ({"interval": "90s"}, ["11-27 12:01:30", "11-27 12:03:00", "11-27 12:04:30"]),
        (
            {"interval": "1h", "start": "2026-11-01T00:20", "timezone": "Europe/Oslo"},
            ["11-27 12:20:00", "11-27 13:20:00", "11-27 14:20:00"],
        ),
        ({"interval": "7d", "start": "2026-12-01"}, ["12-01 00:00:00", "12-08 00:00:00", "12-15 00:00:00"]),
        (
            {"at": ["2026-12-02T09:00:00", "2026-12-01T09:00:00+01:00", "2026-01-01"], "timezone": "America/New_York"},
            ["12-01 08:00:00", "12-02 14:00:00"],
        ),
        (
            {"cron": "0 3 * * *", "start": "2026-12-30", "end": "2026-12-31"},
            ["12-30 03:00:00", "12-31 03:00:00"],
        ),
        ({"cron": "0 3 * * *", "end": "2026-11-28T03:00Z"}, ["11-28 03:00:00"]),
        (
            {"cron": "0 9 * * *", "calendar": {"skip": ["SAT", "sun", "2026-11-30", "--12-01"]}},
            ["12-02 09:00:00", "12-03 09:00:00", "12-04 09:00:00", "12-07 09:00:00"],
        ),
        (
            {"cron": "0 9 * * *", "start": "2026-12-23", "calendar": {"file": "holidays.txt"}},
            ["12-23 09:00:00", "12-26 09:00:00"],
        ),
        (
            {"cron": "0 9,18 * * SAT", "calendar": {"skip": ["SAT", "SUN", "2026-11-30"], "then": "shift"}},
            ["12-01 09:00:00", "12-01 18:00:00", "12-07 09:00:00", "12-07 18:00:00"],
        ),
        (
            {"cron": "0 9 * * *", "calendar": {"skip": ["SAT", "SUN"], "then": "shift"}},
            ["11-30 09:00:00", "12-01 09:00:00"],
        ),
        (
            {"cron": "30 17 27 * *", "calendar": {"skip": ["2026-11-27"], "then": "shift"}, "timezone": "Europe/Oslo"},
            ["11-28 16:30:00", "12-27 16:30:00"],
        ),
        (
            {"at": ["2026-11-28T08:00Z", "2026-11-29T07:00Z"], "calendar": {"skip": ["SAT", "SUN"], "then": "shift"}},
            ["11-30 07:00:00", "11-30 08:00:00"],
        ),
    ],
)  # fmt: skip
def test_instants(options: dict[str, Any], expected: list[str]) -> None:
    made = scheduler(**options)
    assert list(made.faults()) == []
    assert instants(made, len(expected)) == expected


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ({"at": ["2026-12-01T09:00:00"]}, "12-01 09:00:00"),
        ({"cron": "0 3 * * *", "end": "2026-11-28T03:00Z"}, "11-28 03:00:00"),
        ({"cron": "0 3 * * *", "end": "2026-11-28"}, "11-28 03:00:00"),
        ({"cron": "0 3 * * *", "end": "2026-11-28", "timezone": "Asia/Tokyo"}, "11-27 18:00:00"),
        ({"cron": "0 0 3 28 11 * 2026"}, "11-28 03:00:00"),
    ],
)
def test_a_schedule_ends(options: dict[str, Any], last: str) -> None:
    assert instants(scheduler(**options), 2) == [last]


@settings(deadline=None, max_examples=40)
@given(
    st.frozensets(st.sampled_from(["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]), min_size=1, max_size=5),
    st.sampled_from(["0 9 * * *", "30 2,17 * * *", "15 */7 * * SAT,SUN,TUE", "0 0 1-9 * *", "59 23 * * *"]),
    st.sampled_from(["UTC", "Europe/Copenhagen", "Australia/Lord_Howe"]),
)
def test_shifted_instants_against_a_list_of_all(skipped: frozenset[str], cron: str, timezone: str) -> None:
    zone, days = zoneinfo.ZoneInfo(timezone), days_of(tuple(skipped))
    start = datetime.datetime(2026, 3, 1, tzinfo=zone)
    plain, expected = scheduler(cron=cron, timezone=timezone), set()
    schedule, after = Schedule(seed="", since=SINCE, read_file=read_file), start - datetime.timedelta(days=8)
    while (instant := plain.next_due(after, schedule)) is not None and instant.at < start + datetime.timedelta(
        days=200
    ):
        wall = instant.at.astimezone(zone).replace(tzinfo=None)
        while wall.date() in days:
            wall += datetime.timedelta(days=1)
        expected.add(first_instant(wall, zone))
        after = instant.at
    shifted, found = attrs.evolve(plain, calendar=Calendar(skip=tuple(skipped), then="shift")), []
    after = start
    for _ in range(20):
        instant = shifted.next_due(after, schedule)
        assert instant is not None
        found.append(instant.at)
        after = instant.at
    assert found == sorted(one for one in expected if one > start)[:20]


def test_an_interval_does_not_drift() -> None:
    made = scheduler(interval="7s")
    late = SINCE + datetime.timedelta(days=400, microseconds=5)
    schedule = Schedule(seed="", since=SINCE, read_file=read_file)
    instant = made.next_due(late, schedule)
    assert instant is not None
    assert (instant.at - SINCE) % datetime.timedelta(seconds=7) == datetime.timedelta()
    assert late < instant.at <= late + datetime.timedelta(seconds=7)


def test_a_jitter_is_the_same_for_a_trigger_and_an_instant() -> None:
    made = scheduler(cron="* * * * *", jitter="30s")
    late: dict[str, list[float]] = {"a": [], "b": []}
    for seed, found in late.items():
        after = SINCE
        for _ in range(200):
            instant = made.next_due(after, Schedule(seed=seed, since=SINCE, read_file=read_file))
            assert instant is not None
            assert instant == made.next_due(after, Schedule(seed=seed, since=after, read_file=read_file))
            found.append((instant.due - instant.at).total_seconds())
            after = instant.at
    assert late["a"] != late["b"]
    assert all(0 <= seconds < 30 for seconds in late["a"])
    assert 10 < sum(late["a"]) / 200 < 20


def test_a_file_that_cannot_be_understood_names_its_line() -> None:
    with pytest.raises(TimesUnreadable, match=r"broken\.txt, line 2: 'Christmas' is no day; write a date"):
        instants(scheduler(cron="0 9 * * *", calendar={"file": "broken.txt"}))


def test_a_missing_file_skips_nothing() -> None:
    made = scheduler(cron="0 9 * * *", calendar={"file": "none.txt"})
    assert made.files == ("none.txt",)
    assert instants(made, 1) == ["11-28 09:00:00"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [("", "'cron', 'interval' or 'at' is missing")]),
        ({"cron": "@daily", "interval": "1h"}, [("interval", "'interval' and 'cron' exclude each other")]),
        ({"cron": "61 * * * *"}, [("cron", "'61' cannot be the minute")]),
        ({"cron": "0 0 31 2 *"}, [("cron", "'0 0 31 2 *' never comes")]),
        ({"cron": "@daily", "timezone": "Europe/Olso"}, [("timezone", "there is no time zone 'Europe/Olso'")]),
        ({"at": []}, [("at", "the list of times is empty")]),
        (
            {"at": ["2026-12-01T09:00:00+01:00", "tomorrow", "2026-13-01"]},
            [("at.1", "'tomorrow' is no time"), ("at.2", "'2026-13-01' is no time")],
        ),
        (
            {"cron": "@daily", "start": "soon", "end": "late"},
            [("start", "'soon' is no time"), ("end", "'late' is no time")],
        ),
        ({"cron": "@daily", "start": "2026-12-01", "end": "2026-11-30"}, [("end", "the end is before the start")]),
        ({"interval": "10s", "jitter": "11s"}, [("jitter", "the jitter is longer than the interval")]),
        ({"cron": "@daily", "calendar": {}}, [("calendar", "the calendar names no days")]),
        (
            {"cron": "@daily", "calendar": {"skip": ["--02-30", "Xmas", "2026-12-24"]}},
            [("calendar.skip.0", "'--02-30' is no day"), ("calendar.skip.1", "'Xmas' is no day")],
        ),
        (
            {"cron": "@daily", "calendar": {"skip": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]}},
            [("calendar.skip", "the calendar skips all days")],
        ),
        (
            {"cron": "0 0 25 12 *", "calendar": {"skip": ["--12-25"]}},
            [("cron", "the schedule never comes: its end, its start and its calendar leave no instant")],
        ),
        (
            {"cron": "0 0 1 1 *", "start": "2026-02-01", "end": "2026-11-01"},
            [("cron", "the schedule never comes: its end, its start and its calendar leave no instant")],
        ),
    ],
)  # fmt: skip
def test_faults(options: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert faults(**options) == expected
    assert all(fault.hint for fault in scheduler(**options).faults())


def test_the_plugin_brings_the_type() -> None:
    assert load_plugins().trigger_types["scheduler"] is Scheduler
