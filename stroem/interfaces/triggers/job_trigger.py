"""Triggers that hear the ends of jobs."""

import datetime
import uuid
from collections.abc import Sequence

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.trigger_type import Fire, TriggerType


@attrs.frozen(kw_only=True)
class EndedJob:
    """A job that has ended.

    `output` is without secrets, None if it is too large. `depth` counts the triggers of this form that led to it. `url`
    is the address of the job, if that of the server is known.
    """

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
    url: str | None = None


@attrs.frozen(kw_only=True)
class HeardTask:
    """A task whose jobs a trigger hears. `path` is the place of its name below the trigger."""

    workspace: str
    task: str
    path: tuple[str | int, ...] = ()


@attrs.frozen(kw_only=True)
class Heard:
    """The fire that follows from the end of a job, if any, and the memory after it."""

    fire: Fire | None
    memory: Json


class JobTrigger(TriggerType):
    """A type of triggers that hear the ends of jobs."""

    @property
    def hears_children(self) -> bool:
        """True if it hears jobs too that steps of other jobs have started."""
        return False

    def tasks_heard(self, workspace: str) -> Sequence[HeardTask]:
        """The tasks whose jobs it hears. `workspace` is its own."""
        raise NotImplementedError

    def hear(self, ended: EndedJob, memory: Json, workspace: str) -> Heard:
        """Decide what follows the end of a job. Pure. Ends come in order, each once; memory is None at first.

        The memory may be that of an earlier definition of the trigger.
        """
        raise NotImplementedError
