"""The next times of any type of triggers that fires at times."""

import datetime
from collections.abc import Iterator
from typing import ClassVar

import attrs

from stroem.definitions.trigger import Trigger
from stroem.interfaces.triggers.fire_times import next_fires
from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.interfaces.triggers.trigger_type import OptionFault
from tests.support.triggers import trigger_of

NOW = datetime.datetime(2026, 3, 28, 12, 0, tzinfo=datetime.UTC)


@attrs.frozen(kw_only=True)
class EachHour(TimeTrigger):
    """Fires at each hour before the time in a file, later by as many minutes as its name has characters."""

    name: ClassVar[str] = "each_hour"
    minutes: int = 0

    def faults(self) -> Iterator[OptionFault]:
        if self.minutes not in range(60):
            yield OptionFault(path=("minutes",), message=f"an hour has no minute {self.minutes}")

    def next_due(self, after: datetime.datetime, schedule: Schedule) -> Instant | None:
        at = after.replace(minute=self.minutes) + datetime.timedelta(hours=1)
        end = schedule.read_file("end")
        if end is not None and at >= datetime.datetime.fromisoformat(end.decode()):
            return None
        return Instant(at=at, due=at + datetime.timedelta(minutes=len(schedule.seed)))


HOURLY = Trigger(type="each_hour", task="t", options=EachHour())


def schedule(seed: str, **files: bytes) -> Schedule:
    return Schedule(seed=seed, since=NOW, read_file=lambda path: files.get(path))


def test_the_times_are_those_to_fire_and_each_follows_the_nominal_one_before() -> None:
    times = next_fires(HOURLY, NOW, 3, schedule("x" * 70))
    assert [time.strftime("%H:%M") for time in times] == ["14:10", "15:10", "16:10"]


def test_without_a_schedule_the_times_are_nominal() -> None:
    assert [time.strftime("%H:%M") for time in next_fires(HOURLY, NOW, 3)] == ["13:00", "14:00", "15:00"]


def test_a_schedule_that_ends_gives_the_times_that_it_has() -> None:
    assert len(next_fires(HOURLY, NOW, 9, schedule("n", end=b"2026-03-28T15:00:00Z"))) == 2


def test_a_disabled_trigger_a_faulty_one_and_one_of_another_form_have_no_times() -> None:
    assert next_fires(attrs.evolve(HOURLY, enabled=False), NOW, 2) == ()
    assert next_fires(attrs.evolve(HOURLY, options=EachHour(minutes=60)), NOW, 2) == ()
    assert next_fires(trigger_of("webhook", name_="w"), NOW, 2) == ()
