"""Cancellation of jobs."""

import asyncio
import uuid

from stroem.engine.events import Cancel
from stroem.errors import NotFound, PlanUnreadable
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.notifier import POLL_SECS, Notifier, wait_for
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.store.database import Database
from stroem.store.jobs import jobs
from stroem.store.jobs.jobs import TERMINAL
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.logs import logs
from stroem.store.statement import Connection


class Canceller:
    """Cancels jobs."""

    def __init__(
        self, database: Database, driver: JobDriver, live_jobs: LiveJobs, failer: StepFailer, notifier: Notifier
    ) -> None:
        self._database = database
        self._driver = driver
        self._live_jobs = live_jobs
        self._failer = failer
        self._notifier = notifier

    async def cancel(self, job_id: uuid.UUID, reason: str = "Job cancelled by user", actor: str | None = None) -> None:
        """Cancels waiting steps at once and running ones through their workers; the job ends with its last step.

        The job loop ends steps that a worker does not end in time. A second call ends the cleanup too. Of a failed job
        that is to be tried again, the next attempt is cancelled before it begins. Raises NotFound, or Conflict when the
        job has ended.
        """

        async def cancel(connection: Connection, job: LockedJob) -> tuple[Recorded, None]:
            return await self._driver.drive(connection, [(job, [Cancel(reason=reason, actor=actor)])]), None

        try:
            await self._live_jobs.change(job_id, cancel, or_retry=True)
        except PlanUnreadable as error:
            async with self._database.read() as connection:
                await jobs.request_cancel(connection, job_id, reason)
            await self._failer.fail_job(job_id, reason, error)

    async def wait_for_end(self, job_id: uuid.UUID, seconds: float) -> str:
        """Waits for the end of the job, at most `seconds`; returns its status then. Raises NotFound."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        with self._notifier.watching(job_id) as changed:
            while True:
                async with self._database.read() as connection:
                    state = await logs.log_state(connection, job_id)
                if state is None:
                    raise NotFound(kind="Job", name=job_id)
                left = until - clock()
                if state.status in TERMINAL or left <= 0 or self._notifier.closed:
                    return state.status
                await wait_for(changed, min(left, POLL_SECS))
