"""What holds a revision back: windows, and the loss of tasks. Time is passed in."""

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.conversion.constraints import Seconds
from stroem.reconciler.guards.freeze_windows import open_window
from stroem.reconciler.guards.guards import removal_reason
from stroem.settings.release_guards import FreezeSettings

HOUR = 3600
DAY = 24 * HOUR
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")


def window(cron: str, secs: int, zone: str = "UTC") -> FreezeSettings:
    return FreezeSettings(cron=cron, duration=Seconds(secs), timezone=zone)


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)


def until(windows: list[FreezeSettings], text: str) -> datetime.datetime | None:
    found = open_window(windows, at(text))
    return found[1] if found else None


def test_a_window_is_open_from_its_first_moment_until_before_its_last() -> None:
    nightly = [window("0 22 * * *", 2 * HOUR)]
    assert until(nightly, "2026-03-02T21:59:59.999999+00:00") is None
    assert until(nightly, "2026-03-02T22:00:00+00:00") == at("2026-03-03T00:00:00+00:00")
    assert until(nightly, "2026-03-02T23:59:59.999999+00:00") == at("2026-03-03T00:00:00+00:00")
    assert until(nightly, "2026-03-03T00:00:00+00:00") is None


def test_windows_that_overlap_or_touch_are_one() -> None:
    weekend = FreezeSettings(cron="0 18 * * FRI", duration=Seconds(62 * HOUR), reason="the weekend")
    evening = window("0 7 * * MON", 2 * HOUR)
    touching = window("0 9 * * MON", HOUR)
    found = open_window([evening, touching, weekend], at("2026-03-07T12:00:00+00:00"))
    assert found == (weekend, at("2026-03-09T10:00:00+00:00"))


def test_of_several_the_longest_gives_the_reason() -> None:
    short, long = window("0 12 * * *", HOUR), window("30 11 * * *", 5 * HOUR)
    found = open_window([short, long], at("2026-03-07T12:10:00+00:00"))
    assert found is not None
    assert found[0] is long


def test_a_window_that_never_closes_is_asked_again() -> None:
    always = [window("* * * * *", 2 * 60)]
    end = until(always, "2026-03-07T12:00:00+00:00")
    assert end is not None
    assert end > at("2026-03-07T12:00:00+00:00")


def test_a_window_opens_on_the_last_weekday_of_a_month() -> None:
    closing = [window("0 18 LW * *", 2 * HOUR)]
    assert until(closing, "2026-01-30T18:00:00+00:00") == at("2026-01-30T20:00:00+00:00")
    assert until(closing, "2026-01-31T18:00:00+00:00") is None


def test_no_windows_hold_nothing() -> None:
    assert open_window([], at("2026-03-07T12:00:00+00:00")) is None
    assert open_window([window("0 0 1 1 * 0 2020", HOUR)], at("2019-03-07T12:00:00+00:00")) is None


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-27T17:00:00+00:00", "2026-03-30T06:00:00+00:00"),
        ("2026-10-23T16:00:00+00:00", "2026-10-26T07:00:00+00:00"),
    ],
    ids=["61 hours", "63 hours"],
)
def test_a_weekend_on_which_clocks_change_ends_when_clocks_say_so(start: str, end: str) -> None:
    weekend = [window("0 18 * * FRI", 62 * HOUR, "Europe/Oslo")]
    assert open_window(weekend, at(start) - datetime.timedelta(seconds=1)) is None
    assert until(weekend, start) == at(end)
    assert until(weekend, end) is None


def test_a_time_that_clocks_skip_opens_when_they_are_put_forward() -> None:
    skipped = [window("30 2 * * *", 15 * 60, "Europe/Oslo")]
    assert until(skipped, "2026-03-29T02:59:59+02:00") is None
    assert until(skipped, "2026-03-29T03:00:00+02:00") == at("2026-03-29T03:15:00+02:00")


def test_a_time_that_clocks_show_twice_opens_once_and_closes_at_last() -> None:
    twice = [window("30 2 * * *", 15 * 60, "Europe/Oslo")]
    assert until(twice, "2026-10-25T02:30:00+02:00") == at("2026-10-25T02:45:00+01:00")
    assert until(twice, "2026-10-25T02:10:00+01:00") == at("2026-10-25T02:45:00+01:00")
    assert until(twice, "2026-10-25T02:45:00+01:00") is None


moments = st.datetimes(
    min_value=datetime.datetime(2010, 12, 20),  # noqa: DTZ001 (hypothesis wants it so)
    max_value=datetime.datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(datetime.UTC),
)
daily = st.builds(
    lambda hour, minute, secs, zone: (hour, minute, window(f"{minute} {hour} * * *", secs, zone)),
    st.integers(0, 23),
    st.integers(0, 59),
    st.integers(60, 20 * HOUR),
    st.sampled_from(ZONES),
)


def clock_is_inside(hour: int, minute: int, wanted: FreezeSettings, now: datetime.datetime) -> bool:
    """Whether the clock shows a time of the window, told without any schedule."""
    clock = now.astimezone(zoneinfo.ZoneInfo(wanted.timezone)).replace(tzinfo=None)
    today = clock.replace(hour=hour, minute=minute, second=0, microsecond=0)
    length = datetime.timedelta(seconds=wanted.duration)
    return any(day <= clock < day + length for day in (today, today - datetime.timedelta(days=1)))


def near_a_change(now: datetime.datetime, zone: str) -> bool:
    local = now.astimezone(zoneinfo.ZoneInfo(zone))
    return local.utcoffset() != (local - datetime.timedelta(days=3)).utcoffset()


@given(st.lists(daily, min_size=1, max_size=3), moments)
def test_whenever_a_clock_shows_a_time_of_a_window_it_is_open(
    windows: list[tuple[int, int, FreezeSettings]], now: datetime.datetime
) -> None:
    found = open_window([one for _, _, one in windows], now)
    if any(clock_is_inside(*one, now) for one in windows):
        assert found is not None
    elif not any(near_a_change(now, one.timezone) for _, _, one in windows):
        assert found is None


@given(st.lists(daily, min_size=1, max_size=3), moments, st.integers(0, 999))
def test_until_its_end_it_stays_open_and_at_its_end_it_is_closed(
    windows: list[tuple[int, int, FreezeSettings]], now: datetime.datetime, share: int
) -> None:
    settings = [one for _, _, one in windows]
    found = open_window(settings, now)
    if found is None:
        return
    end = found[1]
    assert end > now
    meanwhile = open_window(settings, now + (end - now) * share / 1000)
    assert meanwhile is not None
    if end - now < datetime.timedelta(days=20):
        assert meanwhile[1] == end
        assert open_window(settings, end) is None


def names(count: int) -> set[str]:
    return {f"task-{number:02}" for number in range(count)}


@pytest.mark.parametrize(
    ("old", "new", "share", "reason"),
    [
        (0, 0, 0.5, None),
        (0, 5, 0.0, None),
        (1, 0, 1.0, "it has no tasks left: task-00 would be removed"),
        (9, 1, 0.0, None),
        (10, 5, 0.5, None),
        (
            10,
            4,
            0.5,
            "it removes 6 of 10 tasks (60%; max_removed_share is 50%): "
            "task-04, task-05, task-06, task-07, task-08 and 1 more",
        ),
        (10, 9, 0.0, "it removes 1 of 10 tasks (10%; max_removed_share is 0%): task-09"),
        (100, 1, 1.0, None),
    ],
)
def test_the_loss_of_tasks(old: int, new: int, share: float, reason: str | None) -> None:
    assert removal_reason(names(old), names(new), share) == reason


def test_a_renamed_task_is_a_removed_one() -> None:
    new = {name.replace("task", "job") for name in names(10)}
    assert removal_reason(names(10), new, 0.99) is not None


@given(st.sets(st.text(max_size=3)), st.sets(st.text(max_size=3)), st.floats(0, 1))
def test_the_guard_says_only_what_is_true(old: set[str], new: set[str], share: float) -> None:
    reason = removal_reason(old, new, share)
    if not old or old <= new:
        assert reason is None
    elif not new:
        assert reason is not None
    else:
        assert (reason is not None) == (len(old) >= 10 and len(old - new) > share * len(old))
