"""Triggers that hear the ends of jobs."""

import datetime
import uuid
from collections.abc import Sequence

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.trigger_type import Fire, TriggerType


@attrs.frozen(kw_only=True)
class EndedJob:
    """A job that has ended. `output` is without secrets; `depth` counts the triggers of this form that led to it."""

    id: uuid.UUID
    workspace: str
    task: str
    status: str
    output: Json
    error: str | None
    source_type: str
    source_id: str | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime
    depth: int = 0


@attrs.frozen(kw_only=True)
class Heard:
    """The fire that follows from the end of a job, if any, and the memory after it."""

    fire: Fire | None
    memory: Json


class JobTrigger(TriggerType):
    """A type of triggers that hear the ends of jobs."""

    def tasks_heard(self, workspace: str) -> Sequence[tuple[str, str]]:
        """The workspaces and tasks whose jobs it hears. `workspace` is its own."""
        raise NotImplementedError

    def hear(self, ended: EndedJob, memory: Json, workspace: str) -> Heard:
        """What follows from the end of a job. Pure. The ends come in order, each once; memory is None at first."""
        raise NotImplementedError
