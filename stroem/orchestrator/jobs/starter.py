"""Creation of jobs from requests."""

import uuid

import attrs

from stroem.errors import Conflict
from stroem.orchestrator.jobs.job_creator import JobCreator, ReleasedJob
from stroem.orchestrator.jobs.new_jobs import NewJobs
from stroem.orchestrator.limits.verdicts import verdicts_of
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.store.database import Database
from stroem.store.jobs.new_job import NewJob


@attrs.frozen(kw_only=True)
class Started:
    """A stored job. `warnings` are about unusual input, parts of its task without effect, and limits that are full."""

    job_id: uuid.UUID
    warnings: tuple[str, ...]


class Starter:
    """Creates jobs and starts their first steps."""

    def __init__(self, database: Database, new_jobs: NewJobs, creator: JobCreator, plans: JobPlans) -> None:
        self._database = database
        self._new_jobs = new_jobs
        self._creator = creator
        self._plans = plans

    async def start(self, request: StartRequest) -> Started:
        """Checks the input, creates the job and starts its first steps, in one transaction.

        Raises NotFound (task), NotRunnable, InvalidInput, BadRequest (source job), Conflict (release).
        """
        prepared = await self._new_jobs.prepare(request)
        job = prepared.job
        await self._creator.ready(prepared)
        warnings = (*prepared.warnings, *await self._limits(job))

        async def create() -> None:
            async with self._database.begin() as connection:
                new = [ReleasedJob(prepared=prepared, release=request.release)]
                created = await self._creator.create(connection, new)
                if created.jobs[0] is None:
                    raise Conflict(message=f"Release {request.release.number} of {job.workspace} is gone; try again")
            self._creator.publish(created)

        await self._plans.run(create)
        return Started(job_id=job.id, warnings=warnings)

    async def _limits(self, job: NewJob) -> tuple[str, ...]:
        """Warning of the first limit that keeps the job from starting at once; empty without one."""
        if not job.slots:
            return ()
        async with self._database.read() as connection:
            verdicts = await verdicts_of(connection, job.slots, job.priority)
        return tuple(one.text for one in verdicts if one.verdict != "starts")[:1]
