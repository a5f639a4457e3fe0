"""Delivery of sealed rows of the audit log to sinks."""

import asyncio
import logging

from stroem.definitions.backoff import Backoff
from stroem.interfaces.event_sink import AuditSink, DeliveryFailed, DeliveryRefused
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.periodic import run_periodically
from stroem.store.audit import listing, sinks
from stroem.store.audit.listing import AuditFilter
from stroem.store.audit.sinks import SinkPlace
from stroem.store.batch_isolation import level_of
from stroem.store.database import Database

_PAUSE_SECS = 2.0
_ROWS = 200
_TIMEOUT_SECS = 30.0
_MARGIN_SECS = 30.0
_SHUTDOWN_SECS = 5.0
_BACKOFF = Backoff(first_secs=5, longest_secs=600, spread=(0.8, 1.2))
_log = logging.getLogger(__name__)


class AuditDeliverer:
    """Delivers rows to each sink in the order of their ids, on one server at a time, until it has taken them.

    A sink that fails delays only itself. If a server dies, another one takes over after the timeout of its claim.
    """

    def __init__(self, database: Database, sinks: EventSinks, *, timeout_secs: float = _TIMEOUT_SECS) -> None:
        self._database = database
        self._sinks = sinks
        self._timeout_secs = timeout_secs
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.woken = asyncio.Event()

    async def run(self) -> None:
        """Delivers until cancelled; running deliveries then have a few seconds to end."""
        try:
            await run_periodically(self, self.woken)
        finally:
            tasks = [*self._tasks.values()]
            if tasks:
                await asyncio.wait(tasks, timeout=_SHUTDOWN_SECS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def pause_secs(self) -> float:
        """Poll interval."""
        return _PAUSE_SECS

    async def run_once(self) -> bool:
        """Starts a delivery to each sink that lacks rows."""
        for key, sink in self._sinks.of_audit().items():
            if key in self._tasks:
                continue
            async with self._database.read() as connection:
                place = await sinks.claim_sink(connection, key, self._timeout_secs + _MARGIN_SECS)
                if place is None:
                    await sinks.enter_sink(connection, key)
            if place is not None:
                task = asyncio.create_task(self._deliver(sink, place), name=f"audit delivery to {key}")
                self._tasks[key] = task
                task.add_done_callback(lambda done, key=key: self._end(done, key))  # type: ignore[misc]
        return False

    def _end(self, task: asyncio.Task[None], key: str) -> None:
        del self._tasks[key]
        if not task.cancelled() and (error := task.exception()):
            _log.log(level_of(error), "the audit log could not be delivered to %s", key, exc_info=error)

    async def _deliver(self, sink: AuditSink, place: SinkPlace) -> None:
        async with self._database.read() as connection:
            page = await listing.oldest_rows(
                connection, AuditFilter(), after=place.position, up_to=place.up_to, limit=_ROWS
            )
        error = None
        try:
            if page.rows:
                async with asyncio.timeout(self._timeout_secs):
                    await sink.deliver_audit(page.rows)
        except (DeliveryFailed, DeliveryRefused) as failure:
            error = str(failure)
        except TimeoutError:
            error = f"No end within {self._timeout_secs:.0f} seconds"
        except Exception as failure:
            _log.exception("event sink %s failed at the audit log with an unexpected error", place.sink)
            error = f"{type(failure).__name__} (see the server's log)"
        async with self._database.read() as connection:
            if error is not None:
                pause = _BACKOFF.secs(place.attempts)
                _log.warning("the audit log is not delivered to %s, again in %.0f s: %s", place.sink, pause, error)
                await sinks.retry_sink(connection, place, error, pause)
                return
            await sinks.advance_sink(connection, place, page.next or place.up_to)
        if page.next is not None:
            self.woken.set()
