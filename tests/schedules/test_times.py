"""Instants of cron expressions on days on which clocks change."""

import datetime
import zoneinfo

import pytest

from stroem.schedules.cron import read_cron
from stroem.schedules.times import next_after, previous_before


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


@pytest.mark.parametrize(
    ("text", "zone", "after", "expected"),
    [
        (
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T02:30-05:00",
            ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"],
        ),
        (
            "*/20 2 * * *",
            "America/New_York",
            "2026-03-07T03:00-05:00",
            ["2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"],
        ),
        (
            "30 * * * *",
            "America/New_York",
            "2026-03-08T01:00-05:00",
            ["2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:30:00-04:00"],
        ),
        (
            "30 1 * * *",
            "America/New_York",
            "2026-11-01T00:00-04:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
        ),
        (
            "30 */1 * * *",
            "America/New_York",
            "2026-11-01T00:40-04:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:30:00-05:00"],
        ),
        (
            "30 2 * * *",
            "Europe/Copenhagen",
            "2026-03-28T12:00+01:00",
            ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
        ),
        (
            "30 2 * * *",
            "Europe/Copenhagen",
            "2026-10-24T12:00+02:00",
            ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00+10:30",
            ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
        ),
        (
            "*/15 * * * *",
            "Australia/Lord_Howe",
            "2026-04-05T01:40+11:00",
            [
                "2026-04-05T01:45:00+11:00",
                "2026-04-05T01:30:00+10:30",
                "2026-04-05T01:45:00+10:30",
                "2026-04-05T02:00:00+10:30",
            ],
        ),
        (
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-28T12:00-10:00",
            ["2011-12-29T12:00:00-10:00", "2011-12-31T00:00:00+14:00", "2011-12-31T12:00:00+14:00"],
        ),
        (
            "0 0 30 12 *",
            "Pacific/Apia",
            "2011-12-28T12:00-10:00",
            ["2011-12-31T00:00:00+14:00", "2012-12-30T00:00:00+14:00"],
        ),
        (
            "59 59 1 * * *",
            "America/New_York",
            "2026-11-01T01:59:58-04:00",
            ["2026-11-01T01:59:59-04:00", "2026-11-02T01:59:59-05:00"],
        ),
    ],
)
def test_instants_around_a_change(text: str, zone: str, after: str, expected: list[str]) -> None:
    cron, place, instant = read_cron(text), zoneinfo.ZoneInfo(zone), at(after)
    found = []
    for _ in expected:
        following = next_after(cron, place, instant)
        assert following is not None
        found.append(following.astimezone(place).isoformat())
        instant = following
    assert found == expected
    for text_before in reversed(expected[:-1]):
        previous = previous_before(cron, place, instant)
        assert previous is not None
        assert previous.astimezone(place).isoformat() == text_before
        instant = previous


def test_a_schedule_that_is_over_comes_no_more() -> None:
    cron, zone = read_cron("0 0 0 1 1 * 2027"), zoneinfo.ZoneInfo("UTC")
    assert next_after(cron, zone, at("2026-03-28T12:00+00:00")) == at("2027-01-01T00:00+00:00")
    assert next_after(cron, zone, at("2027-01-01T00:00+00:00")) is None
    assert previous_before(cron, zone, at("2027-01-01T00:00+00:00")) is None


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_the_ends_of_time(zone: str) -> None:
    cron, place = read_cron("0 0 * * *"), zoneinfo.ZoneInfo(zone)
    assert next_after(cron, place, datetime.datetime.max.replace(tzinfo=datetime.UTC)) is None
    assert previous_before(cron, place, datetime.datetime.min.replace(tzinfo=datetime.UTC)) is None
