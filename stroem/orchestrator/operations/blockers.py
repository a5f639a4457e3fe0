"""Blockers of jobs that are not created yet."""

from stroem.orchestrator.jobs.new_jobs import NewJobs, StartRequest
from stroem.orchestrator.limits.verdicts import SlotVerdict, verdicts_of
from stroem.store.database import Database


class Blockers:
    """Tells what limits would do with the job of a request, which is checked but not created."""

    def __init__(self, database: Database, new_jobs: NewJobs) -> None:
        self._database = database
        self._new_jobs = new_jobs

    async def of_request(self, request: StartRequest) -> tuple[SlotVerdict, ...]:
        """The verdicts of the limits of the task, in the order in which a job takes the slots.

        Raises NotFound (task), NotRunnable, InvalidInput, BadRequest (source job).
        """
        job = (await self._new_jobs.prepare(request)).job
        if not job.slots:
            return ()
        async with self._database.read() as connection:
            return await verdicts_of(connection, job.slots, job.priority)
