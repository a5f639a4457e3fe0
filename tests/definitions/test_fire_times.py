"""The next times of a schedule."""

import datetime

from stroem.definitions.fire_times import next_fires

from stroem.definitions.trigger import Trigger

NOW = datetime.datetime(2026, 3, 28, 12, 0, tzinfo=datetime.UTC)


def fires(cron: str, timezone: str | None = None, *, enabled: bool = True) -> list[str]:
    trigger = Trigger(type="scheduler", task="t", cron=cron, timezone=timezone, enabled=enabled)
    return [time.isoformat() for time in next_fires(trigger, NOW, 2)]


def test_a_day_in_its_zone_begins_when_the_clocks_there_say() -> None:
    assert fires("0 0 * * *", "Europe/Oslo") == ["2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"]


def test_six_fields_begin_with_seconds() -> None:
    assert fires("*/20 * * * * *") == ["2026-03-28T12:00:20+00:00", "2026-03-28T12:00:40+00:00"]


def test_a_cron_that_ends_gives_what_there_is() -> None:
    assert fires("0 0 0 1 1 * 2027") == ["2027-01-01T00:00:00+00:00"]


def test_what_is_no_schedule_or_is_disabled_never_fires() -> None:
    assert fires("every day") == []
    assert fires("0 0 * * *", "Europe/Atlantis") == []
    assert fires("0 0 * * *", enabled=False) == []
    assert next_fires(Trigger(type="webhook", task="t"), NOW, 2) == ()
