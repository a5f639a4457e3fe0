"""Failure of steps and jobs, also where that itself fails."""

import logging
import uuid
from collections.abc import Sequence

from stroem.orchestrator.jobs.job_driver import JobDriver
from stroem.orchestrator.jobs.step_end import StepEnd
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.store.batch_isolation import is_outage, isolate, reason_of
from stroem.store.database import Database
from stroem.store.deferred_keys import Deferred
from stroem.store.jobs import job_failure

_MOST_UNENDED = 1000
_log = logging.getLogger(__name__)


class StepFailer:
    """Ends steps in one transaction; a step that makes it fail is ended alone, else its job is failed.

    A job that cannot be failed either is in `deferred` for a while: claims and the rescuer leave it out. If it has a
    running step, `retry` fails it later, since no other event would.
    """

    def __init__(self, database: Database, driver: JobDriver, plans: JobPlans, notifier: Notifier) -> None:
        self._database = database
        self._driver = driver
        self._plans = plans
        self._notifier = notifier
        self._unended: dict[uuid.UUID, str] = {}
        self.deferred: Deferred[uuid.UUID] = Deferred()

    async def end(self, ends: Sequence[StepEnd]) -> None:
        """Ends steps. Raises only when the database is away."""

        async def record(some: Sequence[StepEnd]) -> None:
            async with self._database.begin() as connection:
                recorded = await self._driver.record(connection, some)
            self._driver.publish(recorded)

        async def fail_job(end: StepEnd, error: Exception) -> None:
            what = f"{end.event.error or 'A step ended'}, which cannot be recorded"
            await self.fail_job(end.job_id, what, error, is_lost=end.event.was == "running")

        await isolate(ends, self._plans.retrying(record), fail_job)

    async def fail_job(self, job_id: uuid.UUID, what: str, error: Exception, *, is_lost: bool = True) -> None:
        """Fails a job with all its open steps, without its plan. Raises only when the database is away.

        When that fails too, `retry` does it later if `is_lost`: no other event will fail the job.
        """
        reason = f"{what}: {reason_of(error)}"
        _log.error("job %s is failed: %s", job_id, reason, exc_info=error)
        if not await self._try(job_id, reason) and is_lost:
            self._unended[job_id] = reason
            while len(self._unended) > _MOST_UNENDED:
                del self._unended[next(iter(self._unended))]

    async def retry(self) -> None:
        """Fails jobs after their deferral. Raises only when the database is away."""
        if not self._unended:
            return
        deferred = self.deferred.current()
        for job_id, reason in [*self._unended.items()]:
            if job_id not in deferred and await self._try(job_id, reason):
                self._unended.pop(job_id, None)

    async def _try(self, job_id: uuid.UUID, reason: str) -> bool:
        try:
            async with self._database.begin() as connection:
                applied = await job_failure.fail_job(connection, job_id, reason)
        except Exception as final:
            if is_outage(final):
                raise
            secs = self.deferred.add(job_id)
            _log.error("job %s cannot be failed; it is deferred for %.0f s: %s", job_id, secs, reason_of(final))
            return False
        self._notifier.publish(
            Notification(jobs=frozenset({job_id}), cancelled_on=applied.workers, deadlines=bool(applied.addressed))
        )
        return True
