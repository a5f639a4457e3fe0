"""Supervisor of consumers: while its trigger is live, one job of each runs."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable

from stroem.errors import Conflict
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.orchestrator.jobs.job_creator import CreatedJobs
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.triggers.consumers.consumer_events import ConsumerEvents
from stroem.orchestrator.triggers.consumers.consumer_jobs import ConsumerJobs
from stroem.orchestrator.triggers.consumers.orphans import ConsumerOrphans
from stroem.orchestrator.triggers.consumers.restarts import REMOVED, after_end
from stroem.orchestrator.triggers.live_triggers import LiveTrigger, LiveTriggers
from stroem.store.batch_isolation import is_outage, reason_of
from stroem.store.database import Database
from stroem.store.statement import Connection
from stroem.store.triggers import consumers, triggers
from stroem.store.triggers.consumers import DueConsumer

ENDS = "The consumer's trigger was changed, paused, disabled or removed"
"""The reason of the cancellation of a job of a consumer."""

_BATCH = 100
_LEAST_SECS = 0.5
"""The pause while a consumer is due that another server changes, or whose release is not known here yet."""
_FIRST_SECS, _LONGEST_SECS, _MOST_DOUBLINGS = 5.0, 300.0, 10
_log = logging.getLogger(__name__)

Cancel = Callable[[uuid.UUID, str], Awaitable[None]]
"""Cancels a job for a reason. Raises Conflict for one that has ended."""

Pair = tuple[str, str]


class ConsumerSupervisor:
    """Starts, replaces and ends the jobs of consumers. Any server may do it at any time.

    Each is changed in a transaction of its own: a bad one does not stop the others.
    """

    def __init__(
        self,
        database: Database,
        live: LiveTriggers,
        jobs: ConsumerJobs,
        plans: JobPlans,
        cancel: Cancel,
        notifier: Notifier,
        orphans: ConsumerOrphans,
        events: ConsumerEvents,
    ) -> None:
        self._orphans = orphans
        self._events = events
        self._database = database
        self._live = live
        self._jobs = jobs
        self._plans = plans
        self._cancel = cancel
        self._running: frozenset[uuid.UUID] = frozenset()
        self.woken = asyncio.Event()
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    async def run_once(self) -> bool:
        """Changes a batch of consumers; True if one was changed, which may be due again."""
        releases = self._live.releases()
        async with self._database.begin() as connection:
            await consumers.add_missing(connection, list(releases))
            due = await consumers.claim_due(connection, releases, _BATCH)
        changed = False
        for one in due:
            pair = (one.row.workspace, one.row.trigger)
            try:
                changed |= await self._change(pair)
            except Exception as error:
                if is_outage(error):
                    raise
                await self._refuse(pair, one.row.failures, error)
        for orphan in await self._orphans.find():
            await self._end(orphan, REMOVED)
        async with self._database.read() as connection:
            self._running = await consumers.running_jobs(connection, list(releases))
        return changed

    async def pause_secs(self) -> float:
        """Seconds until a consumer is to start."""
        async with self._database.read() as connection:
            secs = await consumers.secs_to_due(connection, self._live.workspaces(), POLL_SECS)
        return max(secs, _LEAST_SECS)

    async def resume(self, workspace: str, trigger: str) -> bool:
        """Starts a consumer again that was cancelled, or has ended for good; False for another."""
        async with self._database.begin() as connection:
            resumed = await consumers.wait_again(connection, workspace, trigger)
        if resumed:
            self.woken.set()
        return resumed

    def _on_notification(self, notification: Notification) -> None:
        if not self._running.isdisjoint(notification.jobs):
            self.woken.set()

    async def _change(self, pair: Pair) -> bool:
        """Does what is to be done with a consumer, and cancels its job if that is to end; False if that is nothing."""
        changed = await self._plans.run(lambda: self._transaction(pair))
        if changed is None:
            return False
        started, cancelled = changed
        if started is not None:
            self._jobs.committed(started)
            await self._note(pair, None)
        if cancelled is not None:
            await self._end(cancelled, ENDS)
        return True

    async def _end(self, job: uuid.UUID, reason: str) -> None:
        with contextlib.suppress(Conflict):  # it has ended by itself
            await self._cancel(job, reason)

    async def _transaction(self, pair: Pair) -> tuple[CreatedJobs | None, uuid.UUID | None] | None:
        """The job that was started, and the one to cancel; None if nothing is to be done here."""
        async with self._database.begin() as connection:
            found = await consumers.claim_due(connection, self._live.releases(), 1, only=pair)
            if not found:
                return None
            (due,) = found
            live = self._live.get(*pair) if due.exists else None
            if due.exists and (live is None or not isinstance(live.options, ConsumerTrigger)):
                return None  # this server does not know the release yet
            return await self._changed(connection, due, live)

    async def _changed(
        self, connection: Connection, due: DueConsumer, live: LiveTrigger | None
    ) -> tuple[CreatedJobs | None, uuid.UUID | None]:
        row = due.row
        if due.status not in (None, "pending", "running"):
            options = live.options if live is not None and isinstance(live.options, ConsumerTrigger) else None
            then = after_end(due, options)
            await consumers.note_end(
                connection, row, due.status or "failed", state=then.state, failures=then.failures, secs=then.secs
            )
            await self._events.ended(connection, due, then)
        elif row.state in ("running", "ending"):
            if row.state == "running" and due.is_live and live is not None and await self._is_same(due, live):
                await consumers.check(connection, row, live.release.id)
                return None, None
            await consumers.end(connection, row)
            return None, row.job_id
        elif live is None:
            await consumers.remove(connection, row)
        elif not due.is_live:
            await consumers.wait_again(connection, row.workspace, row.trigger)
        elif row.state == "ended" and await self._is_same(due, live):
            await consumers.check(connection, row, live.release.id)
        else:
            return await self._start(connection, due, live), None
        return None, None

    async def _is_same(self, due: DueConsumer, live: LiveTrigger) -> bool:
        """Whether the last job of a consumer is as the release has it now."""
        return (await self._jobs.prepare(live)).digest == due.row.digest

    async def _start(self, connection: Connection, due: DueConsumer, live: LiveTrigger) -> CreatedJobs:
        job = await self._jobs.prepare(live, due.row.failures)
        created = await self._jobs.create(connection, job)
        await consumers.begin(connection, due.row, job.prepared.job.id, live.release.id, job.digest)
        return created

    async def _refuse(self, pair: Pair, failures: int, error: Exception) -> None:
        """Puts off a consumer that cannot be started, with the reason."""
        _log.error("the consumer of trigger %s of workspace %s cannot start", pair[1], pair[0], exc_info=error)
        secs = min(_FIRST_SECS * 2.0 ** min(failures, _MOST_DOUBLINGS), _LONGEST_SECS)
        async with self._database.begin() as connection:
            await self._events.failed(connection, pair, await consumers.put_off(connection, pair, secs))
        await self._note(pair, f"its consumer cannot start: {reason_of(error)}")

    async def _note(self, pair: Pair, problem: str | None) -> None:
        """Notes the problem of a trigger, or its end; never while its consumer is locked, as events lock both."""
        async with self._database.begin() as connection:
            await triggers.set_problems(connection, {pair: problem})
