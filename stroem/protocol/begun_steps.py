"""Steps of local jobs that their worker began by itself, while the server was away."""

import datetime
from typing import Literal

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.protocol.steps import StepAttempt

Verdict = Literal["taken", "waiting", "refused"]


@attrs.frozen(kw_only=True)
class BegunStep(StepAttempt):
    """An attempt that a worker began by its replica of the job. `step_id` is the id of the step there."""

    begun_at: datetime.datetime


@attrs.frozen(kw_only=True)
class BegunAnswer(StepAttempt):
    """The verdict on a begun step.

    - `taken`: it runs on this worker, under `step_id`.
    - `waiting`: it is not ready yet; the worker tells it again.
    - `refused`: it may not run, for the `reason`.
    """

    verdict: Verdict
    reason: str | None = attrs.field(default=None, metadata=ABSENT)
