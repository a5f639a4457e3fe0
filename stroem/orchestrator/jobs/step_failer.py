"""Failure of steps and jobs, also where that itself fails."""

import logging
import uuid
from collections.abc import Sequence

from stroem.orchestrator.jobs.job_driver import JobDriver
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.store.batch_isolation import is_outage, isolate, reason_of
from stroem.store.database import Database
from stroem.store.deferred_keys import Deferred
from stroem.store.jobs import transitions
from stroem.store.jobs.steps import StepEnd

_MOST_UNENDED = 1000
_log = logging.getLogger(__name__)


class StepFailer:
    """Ends steps in one transaction; a step that makes it fail is ended alone, else its job is failed.

    A job that cannot be failed either is in `deferred` for a while: claims and the rescuer leave it out. If it has a
    running step, `retry` fails it later, since no other event would.
    """

    def __init__(self, database: Database, driver: JobDriver, notifier: Notifier) -> None:
        self._database = database
        self._driver = driver
        self._notifier = notifier
        self._unended: dict[uuid.UUID, str] = {}
        self.deferred: Deferred[uuid.UUID] = Deferred()

    async def end(self, ends: Sequence[StepEnd], *, was: str = "running") -> None:
        """Ends steps that are still `was`. Raises only when the database is away."""

        async def record(some: Sequence[StepEnd]) -> None:
            async with self._database.begin() as connection:
                recorded = await self._driver.record(connection, some, was=was)
            self._notifier.publish(recorded.notification)

        async def fail_job(end: StepEnd, error: Exception) -> None:
            await self.fail_job(
                end.job_id, f"{end.error or 'A step ended'}, which cannot be recorded", error, is_lost=was == "running"
            )

        await isolate(ends, record, fail_job)

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
                workers = await transitions.fail_job(connection, job_id, reason)
        except Exception as final:
            if is_outage(final):
                raise
            secs = self.deferred.add(job_id)
            _log.error("job %s cannot be failed; it is deferred for %.0f s: %s", job_id, secs, reason_of(final))
            return False
        self._notifier.publish(Notification(jobs=frozenset({job_id}), cancelled_on=frozenset(workers)))
        return True
