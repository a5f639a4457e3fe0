"""Failing sources are asked less and less often, and not all at the same instant."""

import pytest

from stroem.definitions.backoff import next_delay


def test_a_healthy_workspace_is_looked_at_at_its_interval() -> None:
    assert next_delay(0, 30, lambda: 0.5) == 30


def test_failures_double_the_wait_up_to_five_minutes() -> None:
    waits = [next_delay(failures, 30, lambda: 0.5) for failures in (1, 2, 3, 8, 9, 10, 10_000)]
    assert waits == [1, 2, 4, 128, 256, 300, 300]


def test_an_interval_that_is_longer_is_the_limit() -> None:
    assert next_delay(50, 3600, lambda: 0.5) == 3600


def test_the_waits_are_spread() -> None:
    assert (next_delay(0, 100, lambda: 0.0), next_delay(0, 100, lambda: 1.0)) == pytest.approx((90, 110))
