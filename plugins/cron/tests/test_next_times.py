"""The next times of a schedule."""

import datetime

from stroem.interfaces.triggers.fire_times import next_fires
from tests.support.triggers import trigger_of

NOW = datetime.datetime(2026, 3, 28, 12, 0, tzinfo=datetime.UTC)


def fires(cron: str, timezone: str = "UTC") -> list[str]:
    trigger = trigger_of("scheduler", cron=cron, timezone=timezone)
    return [time.isoformat() for time in next_fires(trigger, NOW, 2)]


def test_a_day_in_its_zone_begins_when_the_clocks_there_say() -> None:
    assert fires("0 0 * * *", "Europe/Oslo") == ["2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"]


def test_six_fields_begin_with_seconds() -> None:
    assert fires("*/20 * * * * *") == ["2026-03-28T12:00:20+00:00", "2026-03-28T12:00:40+00:00"]


def test_a_cron_that_ends_gives_what_there_is() -> None:
    assert fires("0 0 0 1 1 * 2027") == ["2027-01-01T00:00:00+00:00"]


def test_an_expression_or_a_zone_that_is_none_has_no_times() -> None:
    assert fires("every day") == []
    assert fires("0 0 * * *", "Europe/Atlantis") == []
