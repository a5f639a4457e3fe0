"""Conformance suite of types of triggers whose task is a consumer.

class TestQueue(ConsumerTriggerConformance):
    trigger = Queue(target_task="handle")
"""

from typing import ClassVar

import attrs
import pytest

from stroem.definitions.trigger_options import tasks_of
from stroem.definitions.values import env_name_problem
from stroem.interfaces.triggers.consumer_trigger import ConsumerEnd, ConsumerTrigger
from stroem.testing.bounded import BoundedTests

MOST_SECS = 24 * 3600
"""A consumer that may start again does so within a day."""


class ConsumerTriggerConformance(BoundedTests):
    """Tests of a trigger, an object of the type under test."""

    trigger: ClassVar[ConsumerTrigger]

    def test_it_is_a_frozen_attrs_class_with_a_name(self) -> None:
        assert attrs.has(type(self.trigger))
        assert isinstance(self.trigger.name, str)
        assert self.trigger.name
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            self.trigger.other = 1  # type: ignore[attr-defined]

    def test_it_has_no_faults(self) -> None:
        assert not list(self.trigger.faults())

    def test_the_task_of_its_events_is_one_of_its_options(self) -> None:
        assert any(name for _, name in tasks_of(self.trigger))

    def test_its_variables_can_be_given_to_a_process(self) -> None:
        for name, value in self.trigger.environment.items():
            assert env_name_problem(name) is None
            assert isinstance(value, str)

    def test_it_takes_at_least_one_job(self) -> None:
        assert self.trigger.most_in_flight is None or self.trigger.most_in_flight >= 1

    @pytest.mark.parametrize("status", ["completed", "failed"])
    @pytest.mark.parametrize("failures", [0, 1, 2, 10, 1000, 2**31 - 1])
    def test_it_says_when_the_consumer_starts_again(self, status: str, failures: int) -> None:
        secs = self.trigger.restart_secs(ConsumerEnd(status=status, failures=failures))
        assert secs is None or 0 <= secs <= MOST_SECS

    def test_it_waits_no_shorter_after_more_failures(self) -> None:
        pauses = [self.trigger.restart_secs(ConsumerEnd(status="failed", failures=count)) for count in range(1, 30)]
        known = [secs for secs in pauses if secs is not None]
        assert known == sorted(known)

    def test_it_is_pure(self) -> None:
        end = ConsumerEnd(status="failed", failures=3)
        assert self.trigger.restart_secs(end) == self.trigger.restart_secs(end)
