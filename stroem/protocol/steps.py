"""Reports of a worker about a step: the attempt, its log lines, its outcome."""

import uuid

import attrs
import orjson

from stroem.conversion.constraints import Count32, Int32, Utf8
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json


@attrs.frozen(kw_only=True)
class StepAttempt:
    """The name of one attempt of a step; `attempt` counts from 1."""

    job_id: uuid.UUID
    step_name: str
    attempt: Int32

    def __str__(self) -> str:
        return f"{self.step_name} of job {self.job_id}, attempt {self.attempt}"


@attrs.frozen(kw_only=True)
class Outcome(StepAttempt):
    """The end of an attempt: failed when `exit_code` is not 0 or there is an `error`.

    The worker gives the output as JSON text, in an `orjson.Fragment`.
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
