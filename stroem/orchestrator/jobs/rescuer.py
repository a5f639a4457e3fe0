"""Steps whose worker is lost, late or not there."""

import math
import uuid
from collections.abc import Sequence

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.jobs.canceller import Canceller
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.orchestrator.periodic import LONGEST_PAUSE
from stroem.store.database import Database
from stroem.store.isolation import is_outage
from stroem.store.jobs import jobs, step_queries, steps, workers
from stroem.store.jobs.steps import StepEnd

_BATCH = 200
_RESTING_PAUSE_SECS = 5.0
_UNMATCHED_LOOKS = 6
"""How often in the time that a step may wait for a worker it is looked for: it waits a sixth longer at most."""
_UNENDED = f"Cancelled: the worker did not end the step within {steps.ENDING_SECS}s"
_LATE = 1 / 6
"""A look that comes later than planned by this part of a lease tells that the server stood still."""


class Rescuer:
    """Ends what would otherwise never end: steps of workers whose lease is over, steps past their deadline, steps that
    no worker can run, jobs past their deadline, and jobs whose end could not be recorded at first."""

    def __init__(
        self,
        database: Database,
        failer: StepFailer,
        canceller: Canceller,
        notifier: Notifier,
        *,
        interval_secs: float,
        lease_secs: int,
        unmatched_secs: int,
    ) -> None:
        self._database = database
        self._failer = failer
        self._canceller = canceller
        self._notifier = notifier
        self._unmatched_secs = unmatched_secs
        self._interval_secs = interval_secs
        self._lease_secs = lease_secs
        self._outages: int | None = None
        self._look_by = math.inf

    async def run_once(self) -> bool:
        """One look at each kind; True when one of them was as many as a look takes.

        A server that has just come up or stood still, or whose database was away, cannot tell a lost worker from one
        to whom nobody listened: it gives all of them one more lease first.
        """
        outages = self._database.outages
        async with self._database.read() as connection:
            if self._outages != outages or await workers.clock(connection) > self._look_by:
                await workers.renew_leases(connection, self._lease_secs)
        found = [
            await self._rescue_orphans(),
            await self._end_overdue_steps(),
            await self._fail_unmatched(),
            await self._end_overdue_jobs(),
        ]
        await self._failer.retry()
        self._outages = outages
        return max(found) >= _BATCH and not self._failer.deferred.current()

    async def pause_secs(self) -> float:
        """Until the next lease or deadline is over, at most an interval."""
        async with self._database.read() as connection:
            due = await workers.secs_to_next_due(connection, self._interval_secs)
            pause = min(self._interval_secs, self._unmatched_secs / _UNMATCHED_LOOKS, due)
            if self._failer.deferred.current():  # they stay due
                pause = max(pause, min(_RESTING_PAUSE_SECS, self._interval_secs))
            self._look_by = await workers.clock(connection) + pause * LONGEST_PAUSE + self._lease_secs * _LATE
        return pause

    async def _rescue_orphans(self) -> int:
        async with self._database.read() as connection:
            await workers.expire_workers(connection, _BATCH)
            orphans = await workers.orphaned_steps(connection, _BATCH)
            silent = await workers.silent_steps(connection, _BATCH)
        lost = [_lost(*one, "stopped renewing its lease") for one in orphans]
        return await self._fail([*lost, *(_lost(*one, "no longer asks about the step") for one in silent)])

    async def _end_overdue_steps(self) -> int:
        async with self._database.read() as connection:
            overdue = await step_queries.overdue_steps(connection, _BATCH)
        return await self._fail(
            [
                StepEnd(
                    job_id=one.job_id,
                    position=one.position,
                    status="cancelled" if one.cancel_requested else "failed",
                    attempt=one.attempt,
                    worker_id=one.worker_id,
                    error=_UNENDED if one.cancel_requested else f"Step timed out after {one.timeout_secs}s",
                    log_origin="recovery",
                )
                for one in overdue
            ]
        )

    async def _fail_unmatched(self) -> int:
        async with self._database.read() as connection:
            unmatched = await step_queries.unmatched_steps(connection, self._unmatched_secs, _BATCH)
        return await self._fail(
            [
                StepEnd(
                    job_id=place[0],
                    position=place[1],
                    status="failed",
                    error=f"No active worker can run this step: it needs {ability}{_tags(tags)}",
                    log_origin="recovery",
                )
                for place, ability, tags in unmatched
            ],
            was="ready",
        )

    async def _end_overdue_jobs(self) -> int:
        async with self._database.read() as connection:
            overdue = await jobs.overdue_jobs(connection, _BATCH)
        deferred = self._failer.deferred.current()
        for job_id in overdue:
            if job_id not in deferred:
                await self._end_overdue_job(job_id)
        return len(overdue)

    async def _end_overdue_job(self, job_id: uuid.UUID) -> None:
        try:
            await self._canceller.cancel(job_id, "Job timed out")
        except (Conflict, NotFound):
            return  # it ended in the meantime
        except Exception as error:
            if is_outage(error):
                raise
            await self._failer.fail_job(job_id, "The job timed out and cannot be cancelled", error)

    async def _fail(self, ends: Sequence[StepEnd], was: str = "running") -> int:
        deferred = self._failer.deferred.current()
        if able := [end for end in ends if end.job_id not in deferred]:
            await self._failer.end(able, was=was)
            self._notifier.publish(Notification(cancelled_on=frozenset(end.worker_id for end in able if end.worker_id)))
        return len(ends)


def _lost(job_id: uuid.UUID, position: int, attempt: int, worker_id: uuid.UUID, name: str, why: str) -> StepEnd:
    return StepEnd(
        job_id=job_id,
        position=position,
        status="failed",
        attempt=attempt,
        worker_id=worker_id,
        error=f"Worker lost: {name} {why}",
        log_origin="recovery",
    )


def _tags(tags: Sequence[str]) -> str:
    return f" and the tags {', '.join(tags)}" if tags else ""
