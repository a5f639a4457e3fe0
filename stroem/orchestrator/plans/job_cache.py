"""Immutable facts of jobs, cached by job id."""

import uuid
from collections.abc import Collection

from cachetools import LRUCache

from stroem.engine.plan import TaskPlan
from stroem.orchestrator.plans.plan_cache import PlanCache
from stroem.orchestrator.secrets.job_inputs import JobInputs
from stroem.store.jobs import jobs, places
from stroem.store.jobs.jobs import JobFacts
from stroem.store.statement import Connection

_JOBS = 2048


class JobCache:
    """LRU cache of facts of jobs. `plans` is the cache of the plans that they name, `inputs` decrypts their inputs."""

    def __init__(self, plans: PlanCache, inputs: JobInputs) -> None:
        self.plans = plans
        self.inputs = inputs
        self._facts: LRUCache[uuid.UUID, JobFacts] = LRUCache(_JOBS)

    def put(self, job_id: uuid.UUID, facts: JobFacts) -> None:
        """Adds the facts of a new job."""
        self._facts[job_id] = facts

    async def get(self, connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobFacts]:
        """The facts of these jobs, read for those that are not cached. Unknown jobs are left out."""
        found = {job_id: facts for job_id in ids if (facts := self._facts.get(job_id))}
        if missing := [job_id for job_id in ids if job_id not in found]:
            for job_id, facts in (await jobs.facts_of(connection, missing)).items():
                found[job_id] = self._facts[job_id] = self.inputs.opened_facts(job_id, facts)
        return found

    def known_plan(self, job_id: uuid.UUID) -> TaskPlan | None:
        """The stored plan of a job, if it is cached."""
        facts = self._facts.get(job_id)
        return None if facts is None else self.plans.known(facts.plan)

    async def plan(self, connection: Connection, job_id: uuid.UUID) -> TaskPlan:
        """The stored plan of a known job, with the fragments that arrived. Raises PlanUnreadable and NotFound."""
        plan = (await self.plans.get(connection, (await self.get(connection, [job_id]))[job_id].plan)).plan
        if not plan.grows:
            return plan
        return await self.plans.extended(connection, plan, await places.fragments_of(connection, job_id))
