"""Retries of steps and jobs."""

import datetime

from stroem.definitions.retry import Retry
from stroem.engine.values.state import JobState, Step
from stroem.interfaces.nodes import Node, RetryPolicy

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
    return 0 if node.retry is None else _delay_secs(node.retry, step.attempt, step.id, now)


def policy_of(retry: Retry | None) -> RetryPolicy | None:
    """The policy of a task with this retry."""
    if retry is None:
        return None
    return RetryPolicy(attempts=retry.max_attempts + 1, delay=retry.delay, backoff=retry.backoff, jitter=retry.jitter)


def job_delay_secs(policy: RetryPolicy | None, job: JobState, now: datetime.datetime) -> float | None:
    """Seconds before the job that repeats a failed one. None if no job does.

    A child job is repeated by the step that started it.
    """
    attempt = job.retry_attempt + 1
    if policy is None or job.status != "failed" or job.has_parent or attempt >= policy.attempts:
        return None
    return _delay_secs(policy, attempt, job.next_step, now)


def _delay_secs(policy: RetryPolicy, attempt: int, salt: int, now: datetime.datetime) -> float:
    doublings = min(attempt - 1, _MOST_DOUBLINGS) if policy.backoff == "exponential" else 0
    delay = policy.delay * 2.0**doublings
    if not policy.jitter:
        return delay
    share = (now.microsecond * 7919 + salt * 104729 + attempt * 1299709) % 1000 / 1000
    return delay * (1 + _JITTER * share)
