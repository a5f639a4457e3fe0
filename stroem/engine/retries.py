"""Retries of steps."""

import datetime

from stroem.engine.state import Step
from stroem.interfaces.nodes import Node

_MOST_DOUBLINGS = 6
_JITTER = 0.25
_RETRIED = ("action", "task")


def is_retried(step: Step, node: Node) -> bool:
    """True if another attempt follows the failure of this one. Only attempts that began are repeated."""
    return (
        node.retry is not None
        and node.kind in _RETRIED
        and step.status == "running"
        and step.attempt < node.retry.attempts
    )


def delay_secs(node: Node, step: Step, now: datetime.datetime) -> float:
    """Seconds before the next attempt. The jitter follows from the time and the step, without random numbers."""
    policy = node.retry
    if policy is None:
        return 0
    doublings = min(step.attempt - 1, _MOST_DOUBLINGS) if policy.backoff == "exponential" else 0
    delay = policy.delay * 2.0**doublings
    if not policy.jitter:
        return delay
    share = (now.microsecond * 7919 + step.id * 104729 + step.attempt * 1299709) % 1000 / 1000
    return delay * (1 + _JITTER * share)
