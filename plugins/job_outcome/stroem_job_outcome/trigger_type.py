"""Triggers that hear the ends of jobs."""

from typing import ClassVar

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.job_trigger import JobTrigger


@attrs.frozen(kw_only=True)
class JobOutcome(JobTrigger):
    """A trigger that hears the ends of jobs."""

    name: ClassVar[str] = "job_outcome"

    on: dict[str, Json]
