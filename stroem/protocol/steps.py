"""What a worker reports about a step: which attempt it has, its log lines, its outcome."""

import uuid

import attrs
import orjson

from stroem.conversion.constraints import Count32, Int32, Utf8
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class StepAttempt:
    """One attempt of a step; `attempt` counts from 1."""

    job_id: uuid.UUID
    step_name: str
    attempt: Int32

    def __str__(self) -> str:
        return f"{self.step_name} of job {self.job_id}, attempt {self.attempt}"


@attrs.frozen(kw_only=True)
class Outcome(StepAttempt):
    """How an attempt ended. It failed when `exit_code` is not 0 or there is an `error`.

    A worker, which has the output as JSON text, puts it into an `orjson.Fragment`.
    """

    exit_code: int | None = None
    output: Json | orjson.Fragment = attrs.field(default=None, metadata=ABSENT)
    error: str | None = attrs.field(default=None, metadata=ABSENT)
    cancelled: bool = attrs.field(default=False, metadata=ABSENT)
    timed_out: bool = attrs.field(default=False, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class LogLines(StepAttempt):
    """A run of log lines: `data` is JSONL of `lines` lines; `chunk` counts from 0 in each attempt of a step."""

    chunk: Count32
    lines: Count32
    data: Utf8
