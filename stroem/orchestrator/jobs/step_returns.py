"""Returns of claimed steps by workers that have not begun them."""

import uuid
from collections.abc import Sequence
from functools import partial

from stroem.engine.events import Event, Returned
from stroem.orchestrator.jobs.job_driver import JobDriver
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.steps import Return
from stroem.store.batch_isolation import isolate
from stroem.store.database import Database
from stroem.store.jobs import claims, locked_jobs
from stroem.store.jobs.steps import StepId


class StepReturns:
    """Puts steps back into the queue. One that cannot be put back fails its job."""

    def __init__(
        self, database: Database, driver: JobDriver, plans: JobPlans, names: StepNames, failer: StepFailer
    ) -> None:
        self._database = database
        self._driver = driver
        self._plans = plans
        self._names = names
        self._failer = failer

    async def take_back(self, worker_id: uuid.UUID, returned: Sequence[Return]) -> None:
        """Takes back steps; those that the worker no longer has are left alone. Raises only without a database."""
        await isolate(returned, self._plans.retrying(partial(self._take_back, worker_id)), self._fail)

    async def _take_back(self, worker_id: uuid.UUID, returned: Sequence[Return]) -> None:
        async with self._database.begin() as connection:
            ids = await self._names.ids_of(connection, returned)
            known: dict[StepId, Return] = {
                step_id: one for step_id, one in zip(ids, returned, strict=True) if step_id is not None
            }
            locked = await locked_jobs.lock_jobs(connection, {job_id for job_id, _ in known})
            events: dict[uuid.UUID, list[Event]] = {}
            for job_id, step in await claims.still_claimed(connection, worker_id, known):
                events.setdefault(job_id, []).append(Returned(step=step, actor=str(worker_id)))
            recorded = await self._driver.drive(connection, [(locked[job_id], own) for job_id, own in events.items()])
        self._driver.publish(recorded)

    async def _fail(self, one: Return, error: Exception) -> None:
        await self._failer.fail_job(one.job_id, f"Step {one.step_name!r} cannot be put back into the queue", error)
