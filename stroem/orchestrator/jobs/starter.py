"""Creation of jobs from requests."""

import uuid

import attrs

from stroem.engine.events import Begin
from stroem.errors import Conflict
from stroem.orchestrator.jobs.job_driver import JobDriver
from stroem.orchestrator.jobs.new_jobs import NewJobs, facts_of
from stroem.orchestrator.jobs.start_request import StartRequest
from stroem.orchestrator.limits.verdicts import verdicts_of
from stroem.orchestrator.notifier import Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.database import Database
from stroem.store.jobs import jobs
from stroem.store.jobs.new_job import NewJob


@attrs.frozen(kw_only=True)
class Started:
    """A stored job. `warnings` are about unusual input, parts of its task without effect, and limits that are full."""

    job_id: uuid.UUID
    warnings: tuple[str, ...]


class Starter:
    """Creates jobs and starts their first steps."""

    def __init__(
        self, database: Database, new_jobs: NewJobs, driver: JobDriver, plans: JobPlans, notifier: Notifier
    ) -> None:
        self._database = database
        self._new_jobs = new_jobs
        self._driver = driver
        self._plans = plans
        self._notifier = notifier

    async def start(self, request: StartRequest) -> Started:
        """Checks the input, creates the job and starts its first steps, in one transaction.

        Raises NotFound (task), NotRunnable, InvalidInput, BadRequest (source job), Conflict (release).
        """
        prepared = await self._new_jobs.prepare(request)
        job, cached_jobs = prepared.job, self._plans.cached_jobs
        await self._driver.needs.ensure(prepared.cached.plan.nodes)
        cached_jobs.put(job.id, facts_of(job, request.release, prepared.values))

        warnings = (*prepared.warnings, *await self._limits(job))

        async def create() -> None:
            async with cached_jobs.plans.transaction(self._database, prepared.cached) as connection:
                locked = await jobs.create_job(connection, job)
                if locked is None:
                    raise Conflict(message=f"Release {request.release.number} of {job.workspace} is gone; try again")
                driven = await self._driver.drive(connection, [(locked, [Begin()])])
            has_deadline = job.timeout_secs is not None
            notification = attrs.evolve(driven.notification, deadlines=has_deadline or driven.notification.deadlines)
            self._notifier.publish(notification)

        await self._plans.run(create)
        return Started(job_id=job.id, warnings=warnings)

    async def _limits(self, job: NewJob) -> tuple[str, ...]:
        """Warning of the first limit that keeps the job from starting at once; empty without one."""
        if not job.slots:
            return ()
        async with self._database.read() as connection:
            verdicts = await verdicts_of(connection, job.slots, job.priority)
        return tuple(one.text for one in verdicts if one.verdict != "starts")[:1]
