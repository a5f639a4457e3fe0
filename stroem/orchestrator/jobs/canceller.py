"""Cancellation of jobs."""

import asyncio
import uuid

from stroem.engine.events import Cancel
from stroem.errors import Conflict, NotFound, PlanUnreadable
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.notifier import POLL_SECS, Notifier, wait_for
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.database import Database
from stroem.store.jobs import jobs, locked_jobs, logs, retries
from stroem.store.jobs.apply import StaleDecision
from stroem.store.jobs.jobs import TERMINAL


class Canceller:
    """Cancels jobs."""

    def __init__(
        self, database: Database, driver: JobDriver, plans: JobPlans, failer: StepFailer, notifier: Notifier
    ) -> None:
        self._database = database
        self._driver = driver
        self._plans = plans
        self._failer = failer
        self._notifier = notifier

    async def cancel(self, job_id: uuid.UUID, reason: str = "Job cancelled by user", actor: str | None = None) -> None:
        """Cancels waiting steps at once and running ones through their workers; the job ends with its last step.

        The job loop ends steps that a worker does not end in time. A second call ends the cleanup too. Of a failed job
        that is to be tried again, the next attempt is cancelled before it begins. Raises NotFound, or Conflict when the
        job has ended.
        """

        async def cancel() -> Recorded:
            async with self._database.begin() as connection:
                waiting = await retries.waiting_retry(connection, job_id) or job_id
                job = (await locked_jobs.lock_jobs(connection, [waiting])).get(waiting)
                if job is None:
                    raise NotFound(kind="Job", name=job_id)
                if job.status in TERMINAL:
                    if waiting == job_id and await retries.waiting_retry(connection, job_id) is not None:
                        raise StaleDecision("the job has ended, and is to be tried again")
                    raise Conflict(message="Job is already in a terminal state")
                return await self._driver.drive(connection, [(job, [Cancel(reason=reason, actor=actor)])])

        try:
            self._driver.publish(await self._plans.run(cancel))
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
