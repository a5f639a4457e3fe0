"""Changes of live jobs by people: one transaction each, under the lock of the job's row."""

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.database import Database
from stroem.store.jobs import locked_jobs
from stroem.store.jobs.jobs import TERMINAL
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection

T = TypeVar("T")
Change = Callable[[Connection, LockedJob], Awaitable[tuple[Recorded, T]]]
"""Decides about a locked job in the transaction, and gives what was recorded and the result."""


class LiveJobs:
    """Locks live jobs for changes, and publishes these after the commit."""

    def __init__(self, database: Database, driver: JobDriver, plans: JobPlans) -> None:
        self._database = database
        self._driver = driver
        self._plans = plans

    async def change(self, job_id: uuid.UUID, change: Change[T]) -> T:
        """The result of a change of a job, which may be called again. Raises NotFound, or Conflict for an ended job."""

        async def locked() -> tuple[Recorded, T]:
            async with self._database.begin() as connection:
                job = (await locked_jobs.lock_jobs(connection, [job_id])).get(job_id)
                if job is None:
                    raise NotFound(kind="Job", name=job_id)
                if job.status in TERMINAL:
                    raise Conflict(message="Job is already in a terminal state")
                return await change(connection, job)

        recorded, result = await self._plans.run(locked)
        self._driver.publish(recorded)
        return result
