"""Reports of a worker about a step: the attempt, its log lines, its outcome."""

import datetime
import uuid
from typing import Annotated

import attrs
import orjson

from stroem.conversion.constraints import Count32, Int32, Range, Utf8
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json

WireStepId = Annotated[int, Range(at_least=1, at_most=2**31 - 1)]
"""The id of a step: its number in its job, from 1."""

ByteCount = Annotated[int, Range(at_least=0, at_most=2**63 - 1)]
"""Bytes of a stream."""

AttemptKey = tuple[uuid.UUID, int | str, int]
"""Identity of an attempt: its job, the id of its step or the name where there is no id, and its number."""


@attrs.frozen(kw_only=True)
class StepAttempt:
    """Attempt of a step; `attempt` counts from 1. The name is a path and may contain brackets, dots and `~`.

    Peers of the older contract send no `step_id`.
    """

    job_id: uuid.UUID
    step_name: str
    step_id: WireStepId | None = attrs.field(default=None, metadata=ABSENT)
    attempt: Int32

    @property
    def key(self) -> AttemptKey:
        """Identity by the id of the step, else by its name."""
        return (self.job_id, self.step_name if self.step_id is None else self.step_id, self.attempt)

    @property
    def name_key(self) -> AttemptKey:
        """Identity by the name of the step."""
        return (self.job_id, self.step_name, self.attempt)

    def __str__(self) -> str:
        return f"{self.step_name} of job {self.job_id}, attempt {self.attempt}"


@attrs.frozen(kw_only=True)
class Outcome(StepAttempt):
    """The end of an attempt: failed when `exit_code` is not 0 or there is an `error`.

    `error_kind` is that of an error that the exit code does not tell; a kind that the server does not know counts as
    none. The worker gives the output as JSON text, in an `orjson.Fragment`. `snapshots` are those of the state that the
    attempt has uploaded.
    """

    exit_code: int | None = None
    output: Json | orjson.Fragment = attrs.field(default=None, metadata=ABSENT)
    error: str | None = attrs.field(default=None, metadata=ABSENT)
    cancelled: bool = attrs.field(default=False, metadata=ABSENT)
    timed_out: bool = attrs.field(default=False, metadata=ABSENT)
    error_kind: str | None = attrs.field(default=None, metadata=ABSENT)
    snapshots: tuple[uuid.UUID, ...] = attrs.field(default=(), metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Return(StepAttempt):
    """A claimed step that its worker has not begun and gives back. `claimed_at` is that of its claim."""

    claimed_at: datetime.datetime


@attrs.frozen(kw_only=True)
class RunningAttempt:
    """Attempt of a step by the step's id."""

    job_id: uuid.UUID
    step_id: WireStepId
    attempt: Int32


@attrs.frozen(kw_only=True)
class RunningAttempts:
    """Attempts that may be running; in the answer those that are, whichever worker has them."""

    steps: tuple[RunningAttempt, ...]


@attrs.frozen(kw_only=True)
class LogLines(StepAttempt):
    """A run of log lines: `data` is JSONL of `lines` lines; `chunk` counts from 0 in each attempt of a step.

    For a step that another run of its worker may adopt, `stdout_bytes` and `stderr_bytes` tell how much of the streams
    is in this chunk and those before it.
    """

    chunk: Count32
    lines: Count32
    data: Utf8
    stdout_bytes: ByteCount = attrs.field(default=0, metadata=ABSENT)
    stderr_bytes: ByteCount = attrs.field(default=0, metadata=ABSENT)
