"""Instants of schedules that have fallen due, and what is caught up."""

import datetime
from typing import ClassVar, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stroem.interfaces.triggers.fire_times import no_files
from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.orchestrator.triggers.due_instants import MOST_AT_ONCE, due_instants

NOW = datetime.datetime(2026, 5, 1, 12, 0, 30, tzinfo=datetime.UTC)
SCHEDULE = Schedule(seed="w/t", since=NOW, read_file=no_files)
CatchUp = Literal["none", "last", "all"]


@attrs.frozen(kw_only=True)
class Every(TimeTrigger):
    """Fires every so many seconds, each time some seconds later."""

    name: ClassVar[str] = "every"
    secs: int
    late: int = 0

    def next_due(self, after: datetime.datetime, schedule: Schedule) -> Instant | None:
        at = datetime.datetime.fromtimestamp((after.timestamp() // self.secs + 1) * self.secs, datetime.UTC)
        return Instant(at=at, due=at + datetime.timedelta(seconds=self.late))


def seconds_ago(secs: float) -> datetime.datetime:
    return NOW - datetime.timedelta(seconds=secs)


@pytest.mark.parametrize("catch_up", ["none", "last", "all"])
def test_what_is_on_time_fires(catch_up: CatchUp) -> None:
    found = due_instants(Every(secs=60, catch_up=catch_up), SCHEDULE, seconds_ago(30), NOW)
    assert [one.at for one in found.fires] == [seconds_ago(30)]
    assert found.next is not None
    assert found.next.at == seconds_ago(-30)
    assert not found.missed


def test_all_within_a_minute_fire() -> None:
    found = due_instants(Every(secs=10, catch_up="none"), SCHEDULE, seconds_ago(50), NOW)
    assert [one.at for one in found.fires] == [seconds_ago(secs) for secs in (50, 40, 30, 20, 10, 0)]


def test_none_of_the_missed_is_caught_up() -> None:
    found = due_instants(Every(secs=3600, catch_up="none"), SCHEDULE, seconds_ago(3 * 3600 + 30), NOW)
    assert [one.at for one in found.fires] == [seconds_ago(30)]
    assert found.missed


def test_the_last_of_the_missed_is_caught_up() -> None:
    found = due_instants(Every(secs=600), SCHEDULE, seconds_ago(3 * 600 + 30), NOW)
    assert [one.at for one in found.fires] == [seconds_ago(30)]
    assert found.missed


def test_the_last_is_not_caught_up_when_it_is_too_old() -> None:
    found = due_instants(Every(secs=24 * 3600), SCHEDULE, seconds_ago(12 * 3600 + 30), NOW)
    assert found.fires == ()
    assert found.missed
    assert found.next is not None
    assert found.next.at > NOW


def test_all_are_caught_up_in_order_and_in_parts() -> None:
    options = Every(secs=10, catch_up="all")
    found = due_instants(options, SCHEDULE, seconds_ago(1000), NOW)
    assert len(found.fires) == MOST_AT_ONCE
    assert found.fires[0].at == seconds_ago(1000)
    assert found.next is not None
    assert found.next.at == seconds_ago(1000 - 10 * MOST_AT_ONCE)
    assert not found.missed


def test_all_within_the_window_alone() -> None:
    options = Every(secs=600, catch_up="all", catch_up_window=1800)  # type: ignore[arg-type]
    found = due_instants(options, SCHEDULE, seconds_ago(6 * 600 + 30), NOW)
    assert [one.at for one in found.fires] == [seconds_ago(secs) for secs in (1230, 630, 30)]
    assert found.missed


def test_an_instant_that_waits_for_its_jitter_does_not_fire_yet() -> None:
    found = due_instants(Every(secs=60, late=45), SCHEDULE, seconds_ago(30), NOW)
    assert found.fires == ()
    assert found.next == Instant(at=seconds_ago(30), due=seconds_ago(-15))


@given(
    secs=st.integers(1, 4000),
    late=st.integers(0, 200),
    ago=st.integers(0, 400_000),
    catch_up=st.sampled_from(["none", "last", "all"]),
    window=st.integers(1, 100_000),
)
def test_nothing_fires_twice_and_time_moves_on(secs: int, late: int, ago: int, catch_up: CatchUp, window: int) -> None:
    options = Every(secs=secs, late=late, catch_up=catch_up, catch_up_window=window)  # type: ignore[arg-type]
    first = options.next_due(seconds_ago(ago), SCHEDULE)
    assert first is not None
    found = due_instants(options, SCHEDULE, first.at, NOW)
    times = [one.at for one in found.fires]
    assert times == sorted(set(times))
    assert all(one.due <= NOW for one in found.fires)
    oldest = NOW - datetime.timedelta(seconds=max(60, 0 if catch_up == "none" else window))
    assert all(one.due >= oldest - datetime.timedelta(seconds=1) for one in found.fires)
    assert found.next is not None
    assert not times or found.next.at > times[-1]
    assert found.next.due > NOW or len(times) == MOST_AT_ONCE
    if catch_up == "all" and not found.missed:
        wanted = [first.at + datetime.timedelta(seconds=secs * number) for number in range(len(times))]
        assert times == wanted
