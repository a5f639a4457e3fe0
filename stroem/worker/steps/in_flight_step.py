"""An attempt of a step on this worker, from its claim to the delivery of its outcome."""

import asyncio
import datetime
import enum
import logging
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from stroem.definitions.action import Resources
from stroem.definitions.amounts import Amounts, needed
from stroem.protocol.begun_steps import BegunStep
from stroem.protocol.reading import MessageUnreadable, read
from stroem.protocol.steps import Outcome, StepAttempt
from stroem.worker.http.delivery_failures import DeliveryFailures
from stroem.worker.steps.log_buffer import LogBuffer

logger = logging.getLogger(__name__)


class Stop(enum.Enum):
    """The reason to end a step early."""

    CANCELLED = "Job cancelled"
    TIMED_OUT = "Step timed out after {seconds:g}s"
    SHUT_DOWN = "The worker was shut down before the step was over"
    LEASE_LOST = "The server gave the step to another worker"
    AWAY_TOO_LONG = "The server was away for longer than a local job may go on (recovery.local_lease)"

    @property
    def is_loss(self) -> bool:
        """True if the step did not end by itself, and nobody wanted its end."""
        return self in (Stop.SHUT_DOWN, Stop.AWAY_TOO_LONG)


def attempt_of(document: Mapping[str, Any]) -> StepAttempt | None:
    """The attempt that one item of an answer names; None, which concerns no other item, when it names none."""
    try:
        return read({**document, "attempt": document.get("attempt") or 0}, StepAttempt)
    except (MessageUnreadable, TypeError) as error:
        logger.error("an item of the server's answer is ignored, it names no step: %s", error)
        return None


def claim_time(document: Mapping[str, Any]) -> datetime.datetime | None:
    """The time of a claim, if it names one."""
    try:
        return datetime.datetime.fromisoformat(document["claimed_at"])
    except (KeyError, TypeError, ValueError):
        return None


def _amounts_in(document: Mapping[str, Any]) -> Amounts:
    """The resources that a claim takes; none if they cannot be read, which its start then tells."""
    try:
        return needed(read(document["action_spec"]["resources"] or {}, Resources))
    except (KeyError, TypeError, MessageUnreadable):
        return ()


class InFlightStep:
    """An attempt of a step with its log and, at the end, its outcome."""

    def __init__(
        self, attempt: StepAttempt, document: Mapping[str, Any], log: LogBuffer, *, adopted: bool = False
    ) -> None:
        self.attempt = attempt
        self.document = document
        """The claim as the server sent it."""
        self.adopted = adopted
        """An earlier run of this worker has begun it."""
        self.timeout_secs: float | None = document.get("timeout_secs")
        self.claimed_at = claim_time(document)
        """Tells this claim from others of the same attempt; None of a server to which steps cannot be given back."""
        self.takes = _amounts_in(document)
        """What it takes of the worker's resources."""
        self.since = asyncio.get_running_loop().time()
        """The time of the claim, then that of the start."""
        self.returned = False
        """It is given back to the server: it does not begin here."""
        self.log = log
        self.task: asyncio.Task[Outcome] | None = None
        self.outcome: Outcome | None = None
        self.output_bytes = 0
        """The size of the outcome's output as JSON."""
        self.stopped: Stop | None = None
        self.begun: BegunStep | None = None
        """It began here while the server was away, and the server has not taken it yet: nothing is delivered."""
        self._taken = asyncio.Event()
        self.lost = False
        """The lease is lost: neither lines nor outcome are delivered any more."""
        self.on_stop: Callable[[], object] = lambda: None
        """Called when the step is to end early."""
        self.settled = False
        """The process has ended: there is nothing to stop."""
        self.uploading = False
        """The log is uploaded in requests of its own, not in batches."""
        self.failures = DeliveryFailures()
        self.refused = False
        """The server refused the outcome permanently."""

    async def taken(self) -> StepAttempt:
        """The attempt as the server knows it, as soon as it does."""
        if self.begun is not None:
            await self._taken.wait()
        return self.attempt

    def take(self, step_id: int) -> None:
        """Notes that the server has taken a step that began here, under this id."""
        self.begun = None
        self.attempt = attrs.evolve(self.attempt, step_id=step_id)
        self.log.rename(self.attempt)
        if self.outcome is not None:
            self.outcome = attrs.evolve(self.outcome, step_id=step_id)
        self._taken.set()

    def stop(self, reason: Stop) -> None:
        """Ends the step; the first reason counts."""
        if reason is Stop.LEASE_LOST:
            self.lost = True
            self.log.close()
        if self.stopped is not None or self.settled:
            return
        self.stopped = reason
        self.on_stop()
        if self.task is not None:
            self.task.cancel()

    def ended(self, exit_code: int, **fields: Any) -> Outcome:
        """The outcome of this attempt."""
        this = self.attempt
        return Outcome(
            job_id=this.job_id,
            step_name=this.step_name,
            step_id=this.step_id,
            attempt=this.attempt,
            exit_code=exit_code,
            **fields,
        )

    def stop_outcome(self) -> Outcome:
        """The outcome of a step that was stopped."""
        reason = self.stopped or Stop.SHUT_DOWN
        return self.ended(
            -1,
            error=reason.value.format(seconds=self.timeout_secs or 0),
            error_kind="worker_lost" if reason.is_loss else None,
            cancelled=reason is Stop.CANCELLED,
            timed_out=reason is Stop.TIMED_OUT,
        )
