"""Event sources: their restarts."""

import pytest

from stroem.interfaces.triggers.consumer_trigger import ConsumerEnd
from stroem.testing.consumer_trigger_conformance import ConsumerTriggerConformance
from stroem_event_source.trigger_type import EventSource


class TestEventSource(ConsumerTriggerConformance):
    trigger = EventSource(target_task="handle", env={"QUEUE": "orders"}, max_in_flight=4)


class TestOnFailure(ConsumerTriggerConformance):
    trigger = EventSource(target_task="handle", restart_policy="on_failure", backoff_secs=400)


class TestNever(ConsumerTriggerConformance):
    trigger = EventSource(target_task="handle", restart_policy="never")


@pytest.mark.parametrize(
    ("policy", "status", "failures", "secs"),
    [
        ("always", "completed", 0, 1),
        ("always", "failed", 1, 5),
        ("always", "failed", 2, 10),
        ("always", "failed", 4, 40),
        ("always", "failed", 7, 300),
        ("on_failure", "completed", 0, None),
        ("on_failure", "failed", 1, 5),
        ("never", "completed", 0, None),
        ("never", "failed", 1, None),
    ],
)
def test_the_pause_doubles_with_failures_in_a_row(policy: str, status: str, failures: int, secs: float | None) -> None:
    source = EventSource(target_task="t", restart_policy=policy)  # type: ignore[arg-type]
    assert source.restart_secs(ConsumerEnd(status=status, failures=failures)) == secs
