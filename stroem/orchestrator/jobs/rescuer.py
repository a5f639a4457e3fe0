"""Recovery of steps after lost workers and missed deadlines."""

import asyncio
import math
import uuid
from collections.abc import Sequence

import attrs

from stroem.errors import Conflict, NotFound
from stroem.orchestrator.jobs.canceller import Canceller
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.orchestrator.periodic import LONGEST_PAUSE
from stroem.store.batch_isolation import is_outage
from stroem.store.database import Database
from stroem.store.jobs import jobs, step_queries, steps, workers
from stroem.store.jobs.steps import StepEnd

_BATCH = 200
_DEFERRED_PAUSE_SECS = 5.0
_UNMATCHED_POLLS = 6
"""Polls per waiting time of an unmatched step: it waits at most a sixth longer."""
_UNENDED = f"Cancelled: the worker did not end the step within {steps.ENDING_SECS}s"
_LATE = 1 / 6
"""Part of a lease by which a late poll shows that the server was suspended."""


@attrs.frozen(kw_only=True)
class RescueTimes:
    """Times of the rescuer, in seconds: the longest pause between its runs, the lease of a worker, and the time that a
    ready step may wait for a worker that can run it.
    """

    interval_secs: float
    lease_secs: int
    unmatched_secs: int


class Rescuer:
    """Ends steps and jobs that nothing else would end.

    These are steps of workers with an expired lease, steps and jobs past their deadline, steps that no worker can run,
    and jobs whose end could not be recorded at first.
    """

    def __init__(
        self, database: Database, failer: StepFailer, canceller: Canceller, notifier: Notifier, times: RescueTimes
    ) -> None:
        self._database = database
        self._failer = failer
        self._canceller = canceller
        self._notifier = notifier
        self._times = times
        self._outages: int | None = None
        self._poll_by = math.inf
        self.woken = asyncio.Event()
        notifier.on_publish(self._on_notification)

    def _on_notification(self, notification: Notification) -> None:
        if notification.deadlines:
            self.woken.set()

    async def run_once(self) -> bool:
        """Runs each recovery query once; True if any returned a full batch.

        After a start, a suspension or an outage of the database, a lost worker cannot be told from one that was not
        heard: all workers get one more lease first.
        """
        outages = self._database.outages
        async with self._database.read() as connection:
            if self._outages != outages or await workers.clock(connection) > self._poll_by:
                await workers.renew_leases(connection, self._times.lease_secs)
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
        """Seconds until the next lease or deadline ends, at most the interval."""
        async with self._database.read() as connection:
            due = await workers.secs_to_next_due(connection, self._times.interval_secs)
            pause = min(self._times.interval_secs, self._times.unmatched_secs / _UNMATCHED_POLLS, due)
            if self._failer.deferred.current():  # they stay due
                pause = max(pause, min(_DEFERRED_PAUSE_SECS, self._times.interval_secs))
            self._poll_by = await workers.clock(connection) + pause * LONGEST_PAUSE + self._times.lease_secs * _LATE
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
            unmatched = await step_queries.unmatched_steps(connection, self._times.unmatched_secs, _BATCH)
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
