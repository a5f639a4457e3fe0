"""A step that this worker holds: from the claim until the server knows its outcome."""

import asyncio
import enum
from collections.abc import Mapping
from typing import Any

import attrs

from stroem.worker.claim import StepKey
from stroem.worker.exchange.suspicion import Suspicion
from stroem.worker.steps.log_buffer import StepLog


@attrs.frozen(kw_only=True)
class Outcome:
    """How an attempt ended. `output` is JSON text."""

    exit_code: int
    output: bytes | None = None
    error: str | None = None
    cancelled: bool = False
    timed_out: bool = False


class Stop(enum.Enum):
    """Why a step is ended before its time."""

    CANCELLED = "Job cancelled"
    TIMED_OUT = "Step timed out after {seconds:g}s"
    SHUT_DOWN = "The worker was shut down before the step was over"
    LEASE_LOST = "The server gave the step to another worker"


class HeldStep:
    """One attempt of a step with its log and, at the end, its outcome."""

    def __init__(self, key: StepKey, document: Mapping[str, Any], log: StepLog) -> None:
        self.key = key
        self.document = document
        """The claim as the server sent it."""
        self.timeout_secs: float | None = document.get("timeout_secs")
        self.log = log
        self.task: asyncio.Task[Outcome] | None = None
        self.outcome: Outcome | None = None
        self.stopped: Stop | None = None
        self.lost = False
        """The server has given it to another; nothing of it is delivered any more."""
        self.settled = False
        """Its process is over: nothing can be stopped any more."""
        self.sending = False
        """Its log is on its way by itself, not with the journey."""
        self.suspicion = Suspicion()
        """How often its news were not taken."""
        self.refused = False
        """The server refused its outcome for ever."""

    def stop(self, reason: Stop) -> None:
        """Ends the step; the first reason counts."""
        if reason is Stop.LEASE_LOST:
            self.lost = True
            self.log.close()
        if self.stopped is not None or self.settled:
            return
        self.stopped = reason
        if self.task is not None:
            self.task.cancel()

    def stop_outcome(self) -> Outcome:
        """The outcome of a step that was stopped."""
        reason = self.stopped or Stop.SHUT_DOWN
        return Outcome(
            exit_code=-1,
            error=reason.value.format(seconds=self.timeout_secs or 0),
            cancelled=reason is Stop.CANCELLED,
            timed_out=reason is Stop.TIMED_OUT,
        )
