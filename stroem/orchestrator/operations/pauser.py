"""Pauses of jobs."""

import datetime
import uuid
from collections.abc import Sequence

import attrs

from stroem.engine.events import Pause, Resume
from stroem.errors import Conflict
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.store.jobs import history
from stroem.store.jobs.jobs import JobRow
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class PauseState:
    """The start of a pause and its author; None for both if the job is not paused."""

    paused_at: datetime.datetime | None = None
    paused_by: str | None = None


class Pauser:
    """Pauses and resumes live jobs. Both may be repeated: only the first call changes something."""

    def __init__(self, live_jobs: LiveJobs, driver: JobDriver) -> None:
        self._live_jobs = live_jobs
        self._driver = driver

    async def pause(self, job_id: uuid.UUID, actor: str | None = None) -> PauseState:
        """Starts no further steps of a job; running ones go on.

        Raises NotFound, or Conflict when the job has ended or is being ended.
        """

        async def pause(connection: Connection, job: LockedJob) -> tuple[Recorded, PauseState]:
            if job.state.is_halted:
                raise Conflict(message="Job is being ended; only its cleanup runs")
            recorded = await self._driver.drive(connection, [(job, [Pause(actor=actor)])])
            return recorded, (await _pauses(connection, [job_id]))[job_id]

        return await self._live_jobs.change(job_id, pause)

    async def resume(self, job_id: uuid.UUID, actor: str | None = None) -> PauseState:
        """Starts the steps that a pause has held. Raises NotFound, or Conflict when the job has ended."""

        async def resume(connection: Connection, job: LockedJob) -> tuple[Recorded, PauseState]:
            return await self._driver.drive(connection, [(job, [Resume(actor=actor)])]), PauseState()

        return await self._live_jobs.change(job_id, resume)


async def pauses_of(connection: Connection, found: Sequence[JobRow]) -> dict[uuid.UUID, PauseState]:
    """The pauses of those jobs that are paused, by job id."""
    if not (paused := [job.id for job in found if job.paused_at is not None]):
        return {}
    return await _pauses(connection, paused)


async def _pauses(connection: Connection, job_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, PauseState]:
    rows = await history.pauses(connection, job_ids)
    return {job_id: PauseState(paused_at=at, paused_by=by) for job_id, at, by in rows}
