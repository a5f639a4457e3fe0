"""Restarts of consumers after the ends of their jobs."""

import datetime
from typing import Literal

import attrs

from stroem.interfaces.triggers.consumer_trigger import ConsumerEnd, ConsumerTrigger
from stroem.orchestrator.jobs.job_loop import TIMED_OUT
from stroem.store.triggers.consumers import DueConsumer

LONG_RUN = datetime.timedelta(minutes=10)
"""A run at least so long ends a row of failures."""

MOVE_SECS = 1.0
"""The pause after the loss or shutdown of the worker of a consumer, which is no failure of the consumer."""

REMOVED = "The consumer's workspace was removed from the settings"
"""The reason of the cancellation of a job whose workspace is missing."""

REMOVED_SECS = 5.0
"""The pause before a consumer whose workspace comes back."""

Next = Literal["waiting", "stopped", "ended"]


@attrs.frozen(kw_only=True)
class Restart:
    """The state of a consumer after an end, the failures in a row, and the seconds until it may start."""

    state: Next
    failures: int
    secs: float = 0.0


def after_end(due: DueConsumer, options: ConsumerTrigger | None) -> Restart:
    """Decides on the restart of a consumer whose job has ended. `options` are None if its trigger is gone."""
    row, status = due.row, due.status or "failed"
    if row.state == "ending" or options is None or not due.is_live:
        return Restart(state="waiting", failures=0)
    if status == "cancelled" and due.cancel_reason == REMOVED:
        return Restart(state="waiting", failures=0, secs=REMOVED_SECS)
    if status == "cancelled" and due.cancel_reason != TIMED_OUT:
        return Restart(state="stopped", failures=0)
    is_moved = status != "completed" and due.is_worker_lost
    failures = 0 if status == "completed" else _row_of_failures(due) + (0 if is_moved else 1)
    secs = options.restart_secs(
        ConsumerEnd(status="completed" if status == "completed" else "failed", failures=max(1, failures))
    )
    if secs is None:
        return Restart(state="ended", failures=failures)
    return Restart(state="waiting", failures=failures, secs=MOVE_SECS if is_moved else secs)


def _row_of_failures(due: DueConsumer) -> int:
    started, ended = due.row.started_at, due.completed_at or due.now
    is_long = started is not None and ended - started >= LONG_RUN
    return 0 if is_long else due.row.failures
