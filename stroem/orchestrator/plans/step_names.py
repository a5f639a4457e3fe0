"""Resolution of step names to step ids, and back."""

import uuid
from collections.abc import Collection, Sequence

from stroem.conversion.suggestions import missing
from stroem.errors import NotFound
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.protocol.steps import StepAttempt
from stroem.store.jobs.logs import SERVER_STEP
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

SERVER_STEP_NAME = "_server"

StepName = tuple[uuid.UUID, str]
"""A step of a job by its name."""


class StepNames:
    """Resolves step names to step ids, and back."""

    def __init__(self, jobs: JobCache) -> None:
        self._jobs = jobs

    async def find(self, connection: Connection, named: Collection[StepName]) -> dict[StepName, StepId]:
        """The ids of the steps; unknown ones are left out."""
        found: dict[StepName, StepId] = {}
        facts = await self._jobs.get(connection, {job_id for job_id, _ in named}) if named else {}
        for job_id, step in named:
            if job_id in facts:
                plan = await self._jobs.plans.get(connection, facts[job_id].plan)
                position = SERVER_STEP if step == SERVER_STEP_NAME else plan.positions.get(step)
                if position is not None:
                    found[(job_id, step)] = (job_id, position)
        return found

    async def ids_of(self, connection: Connection, named: Sequence[StepAttempt]) -> list[StepId | None]:
        """The ids of the steps in messages of workers: as sent, else by name; None for unknown names."""
        unnumbered = [(one.job_id, one.step_name) for one in named if one.step_id is None]
        found = await self.find(connection, unnumbered)
        return [
            found.get((one.job_id, one.step_name)) if one.step_id is None else (one.job_id, one.step_id - 1)
            for one in named
        ]

    async def missing(self, connection: Connection, job_id: uuid.UUID, step: str) -> NotFound:
        """The error for a step that its job does not have, or for an unknown job."""
        facts = await self._jobs.get(connection, [job_id])
        if job_id not in facts:
            return NotFound(kind="Job", name=job_id)
        return missing("Step", step, (await self._jobs.plans.get(connection, facts[job_id].plan)).positions)

    async def name(self, connection: Connection, step_id: StepId) -> str:
        """The name of an existing step."""
        job_id, position = step_id
        facts = (await self._jobs.get(connection, [job_id]))[job_id]
        return (await self._jobs.plans.get(connection, facts.plan)).plan.steps[position].name


def wire_id(step_id: StepId) -> int:
    """The id of a step as workers know it, from 1."""
    return step_id[1] + 1
