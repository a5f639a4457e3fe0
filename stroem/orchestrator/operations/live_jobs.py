"""Changes of live jobs by people: one transaction each, under the lock of the job's row."""

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.database import Database
from stroem.store.jobs import locked_jobs, retries
from stroem.store.jobs.apply import StaleDecision
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

    async def change(self, job_id: uuid.UUID, change: Change[T], *, or_retry: bool = False) -> T:
        """The result of a change of a job, which may be called again. Raises NotFound, or Conflict for an ended job.

        With `or_retry`, a failed job that is to be tried again stands for the job that repeats it.
        """

        async def waiting(connection: Connection) -> uuid.UUID | None:
            return await retries.waiting_retry(connection, job_id) if or_retry else None

        async def locked() -> tuple[Recorded, T]:
            async with self._database.begin() as connection:
                target = await waiting(connection) or job_id
                job = (await locked_jobs.lock_jobs(connection, [target])).get(target)
                if job is None:
                    raise NotFound(kind="Job", name=job_id)
                if job.status in TERMINAL:
                    if target == job_id and await waiting(connection) is not None:
                        raise StaleDecision("the job has ended, and is to be tried again")
                    raise Conflict(message="Job is already in a terminal state")
                return await change(connection, job)

        recorded, result = await self._plans.run(locked)
        self._driver.publish(recorded)
        return result
