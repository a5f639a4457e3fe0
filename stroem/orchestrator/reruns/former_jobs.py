"""Ended jobs that others run again in part, and what those take over."""

import asyncio
import uuid
from collections.abc import Sequence

import attrs
from cachetools import LRUCache

from stroem.engine.plan import TaskPlan
from stroem.engine.requests import KeptVisits
from stroem.engine.reruns.former_steps import FormerStep, failures
from stroem.engine.reruns.node_pairs import NodePairs, node_pairs
from stroem.engine.reruns.selection import Selection, select
from stroem.errors import Conflict, FieldError, InvalidInput
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.step_names import StepNames
from stroem.orchestrator.reruns.restart import Restart
from stroem.store.jobs.results import kept_steps
from stroem.store.logs.logs import SERVER_STEP
from stroem.store.statement import Connection

_JOBS = 64
_MANY = 500
CHOSEN = "it was chosen"


@attrs.frozen(kw_only=True)
class Division:
    """The steps of a former job, divided into those that are kept and those that run again."""

    former: TaskPlan
    pairs: NodePairs
    steps: Sequence[FormerStep]
    selection: Selection


class FormerJobs:
    """Divides the steps of ended jobs. What a job takes over never changes: it is cached."""

    def __init__(self, jobs: JobCache, names: StepNames) -> None:
        self._jobs = jobs
        self._names = names
        self._kept: LRUCache[uuid.UUID, KeptVisits] = LRUCache(_JOBS)

    async def kept_by(self, connection: Connection, job_id: uuid.UUID) -> KeptVisits:
        """Visits that a job takes over from the one that it runs again in part."""
        known = self._kept.get(job_id)
        if known is None:
            facts = (await self._jobs.get(connection, [job_id]))[job_id]
            plan = (await self._jobs.plans.get(connection, facts.plan)).plan
            assert facts.source_job_id is not None, "a restart names the job that it runs again"
            restart = Restart.from_json(facts.restart)
            division = await self.divide(connection, facts.source_job_id, restart, plan)
            known = self._kept[job_id] = division.selection.kept
        return known

    async def divide(self, connection: Connection, job_id: uuid.UUID, restart: Restart, plan: TaskPlan) -> Division:
        """Divides the steps of an ended job for one that runs it again with `plan`.

        Raises InvalidInput for unknown steps, Conflict if nothing has failed that should run again.
        """
        facts = (await self._jobs.get(connection, [job_id]))[job_id]
        former = (await self._jobs.plans.get(connection, facts.plan)).plan
        steps = await kept_steps.former_steps(connection, job_id)
        chosen = {} if not restart.failed else failures(steps)
        if not chosen and not restart.steps:
            raise Conflict(message="No step of the job has failed: name the steps to run again, or run all of it again")
        chosen |= dict.fromkeys(await self._ids(connection, job_id, restart.steps), CHOSEN)

        def work() -> Division:
            pairs = node_pairs(former, plan)
            selection = select(former, plan, pairs, steps, chosen)
            return Division(former=former, pairs=pairs, steps=steps, selection=selection)

        return work() if len(steps) < _MANY else await asyncio.to_thread(work)

    async def _ids(self, connection: Connection, job_id: uuid.UUID, names: Sequence[str]) -> list[int]:
        """The steps with these names; a step that was not reached has none. Raises InvalidInput."""
        named = await self._names.find(connection, [(job_id, name) for name in names])
        found = {name: step for name, step in named.items() if step[1] != SERVER_STEP}
        faults = [
            FieldError(field=f"steps[{number}]", message=str(await self._names.missing(connection, job_id, name)))
            for number, name in enumerate(names)
            if (job_id, name) not in found and not await self._names.is_planned(connection, job_id, name)
        ]
        if faults:
            problems = "; ".join(f"{fault.field}: {fault.message}" for fault in faults)
            raise InvalidInput(problems=problems, fields=tuple(faults))
        return [step for _, step in found.values()]
