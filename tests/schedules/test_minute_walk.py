"""Times of schedules against the walk minute by minute."""

import datetime
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stroem.schedules.cron import read_cron
from stroem.schedules.times import next_after, previous_before
from tests.schedules.minute_walk import MINUTE, Named, walk

ZONES = ("America/New_York", "Europe/Copenhagen", "Australia/Lord_Howe", "Pacific/Apia", "UTC")
CHANGES = (
    ("America/New_York", "2026-03-07"),
    ("America/New_York", "2026-10-31"),
    ("Europe/Copenhagen", "2026-03-28"),
    ("Europe/Copenhagen", "2026-10-24"),
    ("Australia/Lord_Howe", "2026-04-03"),
    ("Australia/Lord_Howe", "2026-10-02"),
    ("Pacific/Apia", "2011-12-29"),
    ("Pacific/Apia", "2012-03-31"),
    ("UTC", "2026-02-27"),
)
DAYS = 4


def values(least: int, most: int) -> st.SearchStrategy[frozenset[int] | None]:
    return st.none() | st.frozensets(st.integers(least, most), min_size=1, max_size=4)


EXPRESSIONS = st.builds(
    Named,
    minutes=values(0, 59),
    hours=st.none() | st.frozensets(st.integers(0, 4) | st.integers(0, 23), min_size=1, max_size=4),
    dates=values(1, 31),
    months=st.none(),
    weekdays=values(0, 6),
)

TEN_YEARS = [
    Named(minutes=frozenset({0, 30}), hours=frozenset({0, 1, 2, 3})),
    Named(minutes=frozenset({30})),
    Named(minutes=frozenset({15}), hours=frozenset({2})),
    Named(minutes=frozenset({5}), hours=frozenset({1}), dates=frozenset({31})),
    Named(minutes=frozenset({0}), hours=frozenset({12}), dates=frozenset({30}), months=frozenset({2, 12})),
    Named(minutes=frozenset({59}), hours=frozenset({1, 23}), dates=frozenset({1}), weekdays=frozenset({6})),
    Named(minutes=frozenset({0}), hours=frozenset({2}), weekdays=frozenset({5, 6})),
    Named(minutes=frozenset({45}), dates=frozenset({29}), months=frozenset({2})),
]


def forwards(
    text: str, zone: zoneinfo.ZoneInfo, start: datetime.datetime, end: datetime.datetime
) -> list[datetime.datetime]:
    cron, found = read_cron(text), []
    instant = next_after(cron, zone, start - datetime.timedelta(microseconds=1))
    while instant is not None and instant < end:
        found.append(instant)
        instant = next_after(cron, zone, instant)
    return found


def backwards(
    text: str, zone: zoneinfo.ZoneInfo, start: datetime.datetime, end: datetime.datetime
) -> list[datetime.datetime]:
    cron, found = read_cron(text), []
    instant = previous_before(cron, zone, end)
    while instant is not None and instant >= start:
        found.append(instant)
        instant = previous_before(cron, zone, instant)
    return found[::-1]


def midnight(date: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.UTC)


@settings(max_examples=15, deadline=None)
@given(EXPRESSIONS, st.sampled_from(CHANGES))
def test_days_around_a_change_of_the_clock(named: Named, change: tuple[str, str]) -> None:
    zone, start = zoneinfo.ZoneInfo(change[0]), midnight(change[1])
    end = start + datetime.timedelta(days=DAYS)
    (expected,) = walk([named], zone, start, end)
    assert forwards(named.text, zone, start, end) == expected
    assert backwards(named.text, zone, start, end) == expected


@settings(max_examples=15, deadline=None)
@given(
    EXPRESSIONS,
    st.sampled_from(CHANGES),
    st.integers(0, DAYS * 24 * 60 - 1),
    st.integers(0, 59_999_999),
)
def test_from_any_instant_the_search_finds_the_neighbours(
    named: Named, change: tuple[str, str], minutes: int, micros: int
) -> None:
    zone, start = zoneinfo.ZoneInfo(change[0]), midnight(change[1])
    end = start + datetime.timedelta(days=DAYS)
    instant = start + minutes * MINUTE + datetime.timedelta(microseconds=micros)
    (expected,) = walk([named], zone, start, end)
    cron = read_cron(named.text)
    later, earlier = next_after(cron, zone, instant), previous_before(cron, zone, instant)
    assert [later] == [one for one in expected if one > instant][:1] or (later and later >= end)
    assert [earlier] == [one for one in expected if one < instant][-1:] or (earlier and earlier < start)


@pytest.mark.slow("a walk over ten years")
@pytest.mark.parametrize("name", ZONES)
def test_ten_years(name: str) -> None:
    zone, start, end = zoneinfo.ZoneInfo(name), midnight("2008-01-01"), midnight("2018-01-01")
    for named, expected in zip(TEN_YEARS, walk(TEN_YEARS, zone, start, end), strict=True):
        assert forwards(named.text, zone, start, end) == expected
        assert backwards(named.text, zone, start, end) == expected
