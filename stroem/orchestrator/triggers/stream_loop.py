"""Loop that reads the sources of triggers."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

import attrs

from stroem.errors import StroemError
from stroem.interfaces.triggers.stream_trigger import Batch, StreamTrigger, StreamUnreadable
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.notifier import POLL_SECS
from stroem.orchestrator.periodic import run_periodically
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.orchestrator.triggers.firer import Firer, Outdated
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.orchestrator.triggers.refresher import Poll, Refresher
from stroem.records.event import NewEvent
from stroem.store.batch_isolation import is_outage, isolate, level_of, reason_of
from stroem.store.database import Database
from stroem.store.events.events import add_events
from stroem.store.triggers import fires, stream_reads, triggers
from stroem.store.triggers.fires import NewFire
from stroem.store.triggers.stream_reads import StreamRead

READ_SECS = 60.0
"""Longest time of a read."""
LEASE_SECS = 90.0
"""Time after which another server reads, if the one that has begun is lost."""
_AT_ONCE = 8
_LEAST_SECS = 0.1
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class StreamPlace:
    """Where triggers may read: `folders` of the server, and `endpoints` of object stores beside the known clouds."""

    folders: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()


class StreamLoop:
    """Reads the sources that are due, several at a time, outside of transactions.

    Fires and cursor are stored in one transaction, if the trigger is as it was when the read began. A source that
    cannot be read does not stop the others: it is tried again later, and its trigger shows the problem.
    """

    def __init__(
        self,
        database: Database,
        live: LiveTriggers,
        firer: Firer,
        plans: JobPlans,
        sinks: EventSinks,
        place: StreamPlace,
        poll: Poll,
    ) -> None:
        self._database = database
        self._live = live
        self._firer = firer
        self._plans = plans
        self._sinks = sinks
        self._place = place
        self._reading: set[asyncio.Task[None]] = set()
        self.woken = asyncio.Event()
        self._refresher = Refresher(poll, self.woken)

    async def run(self) -> None:
        """Reads until cancelled."""
        try:
            await run_periodically(self, self.woken, is_exact=True)
        finally:
            for task in self._reading:
                task.cancel()
            await self.settled()

    async def run_once(self) -> bool:
        """Begins reads that are due; True if there may be more."""
        room = _AT_ONCE - len(self._reading)
        if room <= 0:
            return False
        async with self._database.begin() as connection:
            found = await stream_reads.claim(connection, self._live.releases(), room, LEASE_SECS)
        for read in found:
            task = asyncio.create_task(self._read(read), name=f"read of trigger {read.row.name}")
            self._reading.add(task)
            task.add_done_callback(self._end)
        return len(found) == room and room < _AT_ONCE

    async def pause_secs(self) -> float:
        """Seconds until a read is due."""
        if len(self._reading) >= _AT_ONCE:
            return POLL_SECS
        async with self._database.read() as connection:
            secs = await triggers.secs_to_due(connection, "stream", self._live.workspaces(), POLL_SECS)
        return max(secs, _LEAST_SECS)

    @property
    def is_reading(self) -> bool:
        """True while a read goes on."""
        return bool(self._reading)

    async def settled(self) -> None:
        """Waits until the reads that go on have ended."""
        await asyncio.gather(*self._reading, return_exceptions=True)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._reading.discard(task)
        self.woken.set()

    async def _read(self, read: StreamRead) -> None:
        row = read.row
        try:
            await self._read_and_store(read)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):  # else the lease ends by itself
                await self._release(read)
            raise
        except Exception as error:
            what = f"trigger {row.name} of workspace {row.workspace} was not read, and is after {LEASE_SECS:g} s"
            _log.log(level_of(error, logging.ERROR), what, exc_info=error)

    async def _read_and_store(self, read: StreamRead) -> None:
        row = read.row
        try:
            live = self._live.get(row.workspace, row.name)
            if live is None or not isinstance(live.options, StreamTrigger):
                await self._release(read)
                return
            async with asyncio.timeout(READ_SECS):
                batch = await live.options.read(row.memory, self._place)
        except TimeoutError:
            await self._put_off(read, f"the source did not answer within {READ_SECS:g} s")
        except (StreamUnreadable, StroemError) as error:
            if is_outage(error):
                raise
            await self._put_off(read, str(error))
        except Exception as error:  # the type comes from a plugin
            _log.exception("the source of trigger %s of workspace %s cannot be read", row.name, row.workspace)
            await self._put_off(read, reason_of(error))
        else:
            if batch.fires and live.trigger.force_refresh:
                await self._refresher.poll((row.workspace, row.name))
            await self._store(read, batch, live.options.poll_secs)

    async def _store(self, read: StreamRead, batch: Batch, poll_secs: float) -> None:
        """Stores the fires and the cursor of a read; fires that cannot be stored are left out."""
        pause = poll_secs if batch.pause_secs is None else batch.pause_secs
        try:
            await self._plans.run(lambda: self._commit(read, batch.fires, batch, pause))
        except Outdated:
            await self._release(read)
        except Exception as error:
            if is_outage(error) or not batch.fires:
                raise
            await isolate(
                batch.fires,
                lambda some: self._plans.run(lambda: self._commit(read, some)),
                lambda fire, reason: self._refuse(read, fire, reason),
            )
            await self._plans.run(lambda: self._commit(read, (), batch, pause))

    async def _commit(
        self, read: StreamRead, some: Sequence[Fire], batch: Batch | None = None, pause: float = 0
    ) -> None:
        """Fires, and with a batch ends the read. Nothing is stored if the trigger is not as it was."""
        row = read.row
        async with self._database.begin() as connection:
            if not await stream_reads.lock(connection, read):
                return
            requests = [FireRequest(workspace=row.workspace, trigger=row.name, fire=fire) for fire in some]
            prepared = [await self._firer.prepare(request) for request in requests]
            recording = await self._firer.record(connection, prepared)
            if batch is not None:
                await stream_reads.finish(connection, read, batch.cursor, pause, batch.problem)
        await self._firer.committed(recording)

    async def _refuse(self, read: StreamRead, fire: Fire, error: Exception) -> None:
        row, reason = read.row, reason_of(error)
        _log.error("trigger %s of workspace %s cannot fire", row.name, row.workspace, exc_info=error)
        async with self._database.begin() as connection:
            failed = NewFire(workspace=row.workspace, trigger=row.name, key=fire.key, verdict="failed", reason=reason)
            await fires.add(connection, [failed])

    async def _put_off(self, read: StreamRead, problem: str) -> None:
        """Notes why a source cannot be read, the first time with an event, and tries it again later."""
        row = read.row
        message = f"Trigger {row.name!r} cannot read its source: {problem}"
        event = NewEvent(kind="trigger_failed", severity="warning", workspace=row.workspace, message=message)
        async with self._database.begin() as connection:
            if await stream_reads.lock(connection, read):
                await triggers.put_off(connection, (row.workspace, row.name), problem)
                if row.failures == 0:
                    await add_events(connection, [event], self._sinks.wanted_by)

    async def _release(self, read: StreamRead) -> None:
        async with self._database.begin() as connection:
            await stream_reads.release(connection, read)
