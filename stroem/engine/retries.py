"""Retries of steps and jobs."""

import datetime
from collections.abc import Iterable

import attrs

from stroem.definitions.retry import Retry
from stroem.definitions.values import Json
from stroem.engine.board import Board
from stroem.engine.changes import FormerAttempt
from stroem.engine.requests import Failure
from stroem.engine.values.scopes import Asking, Scopes
from stroem.engine.values.state import RETRY, JobState, Step
from stroem.engine.values.truth import truth
from stroem.interfaces.nodes import Node, RetryPolicy
from stroem.interfaces.step_error import RETRIED_KINDS, StepError, exit_codes, is_listed
from stroem.templating.template import as_expression

_MOST_DOUBLINGS = 6
"""Doublings of a delay without a limit of its own."""
_MOST_POWER = 64
_JITTER = 0.25
_RETRIED = ("action", "task")


class Retries:
    """Decides whether another attempt follows a failed one, and lets the step wait for it."""

    def __init__(self, board: Board, scopes: Scopes) -> None:
        self._board = board
        self._scopes = scopes

    def repeat(self, step: Step, node: Node, error: StepError) -> Asking:
        """Schedules the next attempt and returns None; if none follows, returns the error of the step."""
        follows = yield from self._follows(step, node, error)
        if isinstance(follows, Failure):
            message = f"{error.message}\nThe condition of the retry: {follows.error}"
            return attrs.evolve(error, message=message)
        if not follows:
            return error
        self._wait(step, node, error)
        return None

    def _follows(self, step: Step, node: Node, error: StepError) -> Asking:
        """True if another attempt follows; `Failure` of the condition. Only attempts that began are repeated."""
        policy = node.retry
        if policy is None or node.kind not in _RETRIED or step.status != "running" or step.attempt >= policy.attempts:
            return False
        if policy.on and not is_listed(error, policy.on):
            return False
        if policy.when is None:
            return True
        told: Json = {"kind": error.kind, "message": error.message, "exit_code": error.exit_code}
        found = yield from self._scopes.evaluate(step, policy.when, {"error": told, "attempt": step.attempt})
        return found if isinstance(found, Failure) else truth(found)

    def _wait(self, step: Step, node: Node, error: StepError) -> None:
        board = self._board
        former = FormerAttempt(
            step=step.id,
            attempt=step.attempt,
            error=error.message or None,
            error_kind=error.kind,
            exit_code=error.exit_code,
        )
        board.changes.former.append(former)
        delay = 0 if node.retry is None else _delay_secs(node.retry, step.attempt, step.id, board.now)
        step.status, step.waits_for = "pending", RETRY
        step.error, step.error_kind, step.exit_code = former.error, error.kind, error.exit_code
        step.due_at = board.now + datetime.timedelta(seconds=delay)
        step.worker_id, step.cancel_requested = None, False


def unknown_entries(on: Iterable[str]) -> list[str]:
    """Entries of a list of errors that are neither a kind that is retried nor exit codes."""
    return [entry for entry in on if entry not in RETRIED_KINDS and exit_codes(entry) is None]


def policy_of(retry: Retry | None) -> RetryPolicy | None:
    """The policy of a task with this retry."""
    if retry is None:
        return None
    return RetryPolicy(
        attempts=retry.max_attempts + 1,
        delay=retry.delay,
        max_delay=retry.max_delay,
        backoff=retry.backoff,
        jitter=retry.jitter,
        on=retry.on,
        when=None if retry.when is None else as_expression(retry.when),
    )


def job_delay_secs(policy: RetryPolicy | None, job: JobState, now: datetime.datetime) -> float | None:
    """Seconds before the job that repeats a failed one. None if no job does.

    A child job is repeated by the step that started it.
    """
    attempt = job.retry_attempt + 1
    if policy is None or job.status != "failed" or job.has_parent or attempt >= policy.attempts:
        return None
    return _delay_secs(policy, attempt, job.next_step, now)


def _delay_secs(policy: RetryPolicy, attempt: int, salt: int, now: datetime.datetime) -> float:
    doublings = attempt - 1 if policy.backoff == "exponential" else 0
    if policy.max_delay is None:
        delay = policy.delay * 2.0 ** min(doublings, _MOST_DOUBLINGS)
    else:
        delay = min(policy.delay * 2.0 ** min(doublings, _MOST_POWER), policy.max_delay)
    if not policy.jitter:
        return delay
    share = (now.microsecond * 7919 + salt * 104729 + attempt * 1299709) % 1000 / 1000
    return delay * (1 + _JITTER * share)
