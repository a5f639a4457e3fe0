"""Recovery of steps after lost workers, and of those that no worker can run."""

import asyncio
import math
import uuid
from collections.abc import Sequence

import attrs

from stroem.definitions.amounts import fits, shortage
from stroem.engine.events import Ended
from stroem.interfaces.step_error import ErrorKind
from stroem.orchestrator.jobs.step_end import StepEnd
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.orchestrator.periodic import LONGEST_PAUSE
from stroem.store.database import Database
from stroem.store.jobs import due, needs, step_queries, worker_steps, workers
from stroem.store.jobs.needs import WorkerOffer, can_run
from stroem.store.jobs.step_queries import UnmatchedStep

_BATCH = 200
_DEFERRED_PAUSE_SECS = 5.0
_UNMATCHED_POLLS = 6
"""Polls per waiting time of an unmatched step: it waits at most a sixth longer."""
LostStep = tuple[uuid.UUID, int, int, uuid.UUID, str | None]
"""A step of a lost worker: job, step, attempt, worker, name of the worker; None if that was removed."""
_LATE = 1 / 6
"""Part of a lease by which a late poll shows that the server was suspended."""


@attrs.frozen(kw_only=True)
class RescueTimes:
    """Times of the rescuer, in seconds: the longest pause between its runs, the lease of a worker, that of its local
    jobs after it was heard last, and the time that a ready step may wait for a worker that can run it.
    """

    interval_secs: float
    lease_secs: int
    local_secs: int
    unmatched_secs: int


class Rescuer:
    """Ends steps that nothing else would end.

    These are steps of workers with an expired lease, steps that no worker can run, and jobs whose end could not be
    recorded at first.
    """

    def __init__(self, database: Database, failer: StepFailer, notifier: Notifier, times: RescueTimes) -> None:
        self._database = database
        self._failer = failer
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
            await self._fail_unmatched(),
        ]
        await self._failer.retry()
        self._outages = outages
        return max(found) >= _BATCH and not self._failer.deferred.current()

    async def pause_secs(self) -> float:
        """Seconds until the next lease or deadline ends, at most the interval."""
        async with self._database.read() as connection:
            ends = await due.secs_to_next_due(connection, self._times.interval_secs)
            pause = min(self._times.interval_secs, self._times.unmatched_secs / _UNMATCHED_POLLS, ends)
            if self._failer.deferred.current():  # they stay due
                pause = max(pause, min(_DEFERRED_PAUSE_SECS, self._times.interval_secs))
            self._poll_by = await workers.clock(connection) + pause * LONGEST_PAUSE + self._times.lease_secs * _LATE
        return pause

    async def _rescue_orphans(self) -> int:
        async with self._database.read() as connection:
            expired = await workers.expire_workers(connection, _BATCH)
            heirs = await worker_steps.hand_over(connection, _BATCH)
            orphans = await workers.orphaned_steps(connection, _BATCH, local_secs=self._times.local_secs)
            silent = await workers.silent_steps(connection, _BATCH)
        self._notifier.publish(Notification(workers=frozenset(heirs | {worker_id for worker_id, _ in expired})))
        lost = [_lost(one, "stopped renewing its lease") for one in orphans]
        return await self._fail([*lost, *(_lost(one, "no longer asks about the step") for one in silent)])

    async def _fail_unmatched(self) -> int:
        async with self._database.read() as connection:
            unmatched = await step_queries.unmatched_steps(
                connection, self._times.unmatched_secs, _BATCH, local_secs=self._times.local_secs
            )
            offers = await needs.active_offers(connection) if unmatched else ()
        return await self._fail([_unmatched(one, offers) for one in unmatched])

    async def _fail(self, ends: Sequence[StepEnd]) -> int:
        deferred = self._failer.deferred.current()
        if able := [end for end in ends if end.job_id not in deferred]:
            await self._failer.end(able)
            workers = frozenset(end.event.worker_id for end in able if end.event.worker_id is not None)
            self._notifier.publish(Notification(cancelled_on=workers))
        return len(ends)


def _lost(one: LostStep, why: str) -> StepEnd:
    job_id, step, attempt, worker_id, name = one
    event = Ended(
        step=step,
        outcome="failed",
        attempt=attempt,
        worker_id=worker_id,
        error="Worker lost: it was removed" if name is None else f"Worker lost: {name} {why}",
        error_kind="worker_lost",
        cause="lost",
    )
    return StepEnd(job_id=job_id, event=event)


def _unmatched(one: UnmatchedStep, offers: Sequence[WorkerOffer]) -> StepEnd:
    ability, tags, resources = one.need
    error = f"No active worker can run this step: it needs {ability}{_tags(tags)}"
    if one.is_lost:
        error = f"Worker lost: {one.worker}, on which the job stays, is gone"
    elif one.worker is not None:
        error = f"The worker {one.worker}, on which the job stays, lacks {ability}{_tags(tags)}"
    elif suiting := [offer for offer in offers if can_run(offer, one.need) and fits(resources, offer.resources)]:
        if all(offer.workspaces for offer in suiting):
            error = "No active worker can run this step: those that could serve other workspaces"
    elif short := shortage(resources, [offer.resources for offer in offers if can_run(offer, one.need)]):
        error = f"No active worker is large enough for this step: {short}"
    step_id, step = one.step_id
    kind: ErrorKind = "worker_lost" if one.is_lost else "no_worker"
    event = Ended(step=step, outcome="failed", error=error, error_kind=kind, was="ready", cause="unmatched")
    return StepEnd(job_id=step_id, event=event)


def _tags(tags: Sequence[str]) -> str:
    return f" and the tags {', '.join(tags)}" if tags else ""
