"""Failing sources and servers are asked less and less often, and not all at the same instant."""

import pytest

from stroem.definitions.backoff import Backoff, next_delay


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(first_secs=0.1, longest_secs=5, spread=(1, 1))
    assert [backoff.secs(failures) for failures in (1, 2, 3, 6, 7, 10_000)] == pytest.approx([0.1, 0.2, 0.4, 3.2, 5, 5])


def test_delays_lie_between_the_factors_of_the_spread() -> None:
    backoff = Backoff(first_secs=8, longest_secs=60)
    assert [backoff.secs(1, lambda share=share: share) for share in (0.0, 0.5, 1.0)] == [4, 6, 8]


def test_a_healthy_workspace_is_polled_at_its_interval() -> None:
    assert next_delay(0, 30, lambda: 0.5) == 30


def test_failures_double_the_wait_up_to_five_minutes() -> None:
    waits = [next_delay(failures, 30, lambda: 0.5) for failures in (1, 2, 3, 8, 9, 10, 10_000)]
    assert waits == [1, 2, 4, 128, 256, 300, 300]


def test_an_interval_that_is_longer_is_the_limit() -> None:
    assert next_delay(50, 3600, lambda: 0.5) == 3600


def test_the_waits_are_spread() -> None:
    assert (next_delay(0, 100, lambda: 0.0), next_delay(0, 100, lambda: 1.0)) == pytest.approx((90, 110))
