"""The type of triggers `job_outcome`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.job_trigger import EndedJob, Heard, HeardTask, JobTrigger
from stroem.interfaces.triggers.trigger_type import Fire, OptionFault
from stroem_job_outcome.facts import job_facts
from stroem_job_outcome.join import parts_after, task_key
from stroem_job_outcome.outcome import Outcome
from stroem_job_outcome.row import row_after, with_row


@attrs.frozen(kw_only=True)
class JobOutcomeTrigger(JobTrigger):
    """A trigger that fires when jobs of other tasks end: one, several in a row, or one of each of several tasks."""

    name: ClassVar[str] = "job_outcome"
    facts: ClassVar[frozenset[str]] = frozenset({"job", "jobs", "tasks", "depth"})

    on: Outcome

    def faults(self) -> Iterator[OptionFault]:
        """Faults that the types of the fields do not show."""
        for fault in self.on.faults():
            yield attrs.evolve(fault, path=("on", *fault.path))

    @property
    def hears_children(self) -> bool:
        """True if jobs count that steps of other jobs start."""
        return self.on.children

    def tasks_heard(self, workspace: str) -> Sequence[HeardTask]:
        """The tasks whose jobs it hears."""
        return tuple(self.on.heard(workspace))

    def hear(self, ended: EndedJob, memory: Json, workspace: str) -> Heard:
        """The fire that follows from the end of a job, if any, and the memory after it."""
        part = self.on.part_of(ended, workspace)
        if part is None:
            return Heard(fire=None, memory=memory)
        counts = ended.status in (self.on.parts[part].status or ())
        if self.on.all_of:
            return self._join(ended, workspace, counts, memory)
        if self.on.in_a_row == 1:
            return Heard(fire=_fire(ended, [job_facts(ended)]) if counts else None, memory=None)
        row = row_after(ended, counts=counts, memory=memory)
        if len(row) < self.on.in_a_row:
            return Heard(fire=None, memory=with_row(ended, row, memory))
        jobs: list[Mapping[str, Json]] = [*({"id": job} for job in row[:-1]), job_facts(ended)]
        return Heard(fire=_fire(ended, jobs), memory=with_row(ended, [], memory))

    def _join(self, ended: EndedJob, workspace: str, counts: bool, memory: Json) -> Heard:
        waiting = parts_after(ended, counts=counts, within=self.on.within, memory=memory)
        keys = [task_key(part.workspace or workspace, part.task) for part in self.on.parts]
        parts = {key: waiting[key] for key in keys if key in waiting}
        if len(parts) < len(keys):
            return Heard(fire=None, memory={"parts": parts})
        return Heard(fire=_fire(ended, [*parts.values()]), memory=None)


def _fire(ended: EndedJob, jobs: Sequence[Mapping[str, Json]]) -> Fire:
    """The fire at the end of a job; `jobs` are all that led to it."""
    tasks = {str(job["task"]): dict(job) for job in jobs if "task" in job}
    facts: dict[str, Json] = {"job": job_facts(ended), "jobs": [dict(job) for job in jobs], "tasks": tasks}
    return Fire(key=str(ended.id), context={"trigger": facts})
