"""Pauses of single steps."""

import uuid

from stroem.engine.events import Event, PauseStep, ResumeStep
from stroem.engine.values.state import JOB, Hold
from stroem.engine.waits.holds import pause_refusal
from stroem.errors import Conflict
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.step_names import StepNames
from stroem.orchestrator.plans.step_places import Place, place_at
from stroem.store.jobs import jobs, waiting_steps
from stroem.store.jobs.holds import holds_of
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection


class StepPauser:
    """Pauses and resumes steps of live jobs, by path. Both may be repeated: only the first call changes something."""

    def __init__(self, live_jobs: LiveJobs, driver: JobDriver, plans: JobPlans, names: StepNames) -> None:
        self._live_jobs = live_jobs
        self._driver = driver
        self._plans = plans
        self._names = names

    async def pause(self, job_id: uuid.UUID, path: str, actor: str | None = None) -> Hold:
        """Holds a step when its turn comes, and the steps inside it.

        Raises NotFound, or Conflict when the step has begun to run or to wait, or the job has ended or is being ended.
        """

        async def pause(connection: Connection, job: LockedJob) -> tuple[Recorded, Hold]:
            if job.state.is_halted:
                raise Conflict(message="Job is being ended; only its cleanup runs")
            place = await self._place(connection, job_id, path)
            found = await self._names.find(connection, [(job_id, path)])
            step = found[job_id, path][1] if found else None
            if step is not None:
                await self._check(connection, job_id, step, path)
            event = PauseStep(place=place, name=path, step=step, actor=actor)
            recorded = await self._drive(connection, job, event)
            if (job_id, step or JOB) not in recorded.ended:
                raise Conflict(message=f"Step {path!r} has just begun, and goes on")
            row = await jobs.get_job(connection, job_id)
            assert row is not None, "a locked job exists"
            return recorded, next(one for one in holds_of(row.holds) if one.place == place)

        return await self._live_jobs.change(job_id, pause)

    async def resume(self, job_id: uuid.UUID, path: str, actor: str | None = None) -> None:
        """Ends the pause of a step: what it has held starts. Raises NotFound, or Conflict when the job has ended."""

        async def resume(connection: Connection, job: LockedJob) -> tuple[Recorded, None]:
            place = await self._place(connection, job_id, path)
            return await self._drive(connection, job, ResumeStep(place=place, actor=actor)), None

        return await self._live_jobs.change(job_id, resume)

    async def _drive(self, connection: Connection, job: LockedJob, event: Event) -> Recorded:
        return await self._driver.drive(connection, [(job, [event])])

    async def _place(self, connection: Connection, job_id: uuid.UUID, path: str) -> Place:
        place = place_at(await self._plans.cached_jobs.plan(connection, job_id), path)
        if place is None:
            raise await self._names.missing(connection, job_id, path)
        return place

    async def _check(self, connection: Connection, job_id: uuid.UUID, step: int, path: str) -> None:
        row = await waiting_steps.step_status(connection, (job_id, step))
        if row is not None and (reason := pause_refusal(*row)) is not None:
            raise Conflict(message=f"Step {path!r} {reason}")
