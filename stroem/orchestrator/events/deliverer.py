"""Delivery of events to sinks."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

import attrs
from cachetools import TTLCache

from stroem.definitions.backoff import Backoff
from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused, EventSink
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.notifier import POLL_SECS
from stroem.orchestrator.periodic import run_periodically
from stroem.store.batch_isolation import isolate, level_of
from stroem.store.database import Database
from stroem.store.events import deliveries
from stroem.store.events.deliveries import FIRST_LANE, Delivery

_MARGIN_SECS = 30.0
_SHUTDOWN_SECS = 5.0
_MOST_DEFERRED = 10_000
_BACKOFF = Backoff(first_secs=5, longest_secs=3600, spread=(0.8, 1.2))
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class DeliveryLimits:
    """Limits on concurrent deliveries, per sink and in all, and on attempts of each.

    After `attempts` failures, or `give_up_secs` after its event, a delivery becomes a dead letter.
    """

    per_sink: int = 4
    total: int = 64
    timeout_secs: float = 30
    backoff: Backoff = _BACKOFF
    attempts: int = 40
    give_up_secs: float = 24 * 3600


@attrs.frozen(kw_only=True)
class _Failure:
    """Reason of a failed attempt. A `final` failure is not retried."""

    error: str
    final: bool


class EventDeliverer:
    """Delivers events to their sinks: in order within a workspace, with retries.

    A claimed delivery is due again soon after its timeout, so that another server takes over if this one dies.
    Deliveries to sinks that this server does not have are left to other servers.
    """

    def __init__(
        self,
        database: Database,
        sinks: EventSinks,
        woken: asyncio.Event,
        limits: DeliveryLimits = DeliveryLimits(),
    ) -> None:
        self._database = database
        self._sinks = sinks
        self._woken = woken
        self._limits = limits
        self._busy: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._behind = FIRST_LANE
        self._deferred: TTLCache[int, bool] = TTLCache(_MOST_DEFERRED, limits.backoff.longest_secs)

    async def run(self) -> None:
        """Delivers until cancelled; running deliveries then have a few seconds to end."""
        try:
            await run_periodically(self, self._woken)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_SHUTDOWN_SECS)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def pause_secs(self) -> float:
        """Poll interval: new events wake the loop, polling finds retries and deliveries of other servers."""
        return POLL_SECS

    async def run_once(self) -> bool:
        """Starts deliveries within the limits, lane by lane; True if more may be due."""
        room = self._room()
        if not room:
            return False
        async with self._database.read() as connection:
            limit = self._limits.total - len(self._tasks)
            heads = await deliveries.due_heads(connection, room, behind=self._behind, limit=limit)
            started_behind, self._behind = self._behind, heads[-1][0] if len(heads) == limit else FIRST_LANE
            if not heads:
                return started_behind != FIRST_LANE
        chosen = _within(room, [(sink, event_id) for (sink, _), event_id in heads if event_id not in self._deferred])
        for claimed in await isolate(chosen, self._claim, self._defer):
            for delivery in claimed:
                self._start(delivery)
        return bool(chosen)

    async def _claim(self, heads: Sequence[tuple[str, int]]) -> list[Delivery]:
        async with self._database.read() as connection:
            secs = self._limits.timeout_secs + _MARGIN_SECS
            return await deliveries.claim_deliveries(connection, heads, secs)

    async def _defer(self, head: tuple[str, int], error: Exception) -> None:
        """Defers a delivery that cannot be claimed; it blocks its own lane alone."""
        _log.error("delivery of event %d to %s cannot be claimed", head[1], head[0], exc_info=error)
        self._deferred[head[1]] = True

    def _room(self) -> dict[str, int]:
        """Free deliveries by sink; empty once the total limit is reached."""
        if len(self._tasks) >= self._limits.total:
            return {}
        free = {key: self._limits.per_sink - self._busy[key] for key in self._sinks.keys}
        return {key: count for key, count in free.items() if count > 0}

    def _start(self, delivery: Delivery) -> None:
        sink = self._sinks.get(delivery.sink)
        if sink is None:
            return  # removed just now; another server may have the sink
        self._busy[delivery.sink] += 1
        task = asyncio.create_task(self._deliver(sink, delivery), name=f"delivery to {delivery.sink}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._end(done, delivery.sink))

    def _end(self, task: asyncio.Task[None], key: str) -> None:
        self._tasks.discard(task)
        self._busy -= Counter([key])
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            message = "the result of a delivery to %s could not be stored; the event is delivered again"
            _log.log(level_of(error), message, key, exc_info=error)

    async def _deliver(self, sink: EventSink, delivery: Delivery) -> None:
        failure = await self._attempt(sink, delivery)
        async with self._database.read() as connection:
            if failure is None:
                await deliveries.finish_delivery(connection, delivery)
            elif failure.final or self._is_exhausted(delivery):
                if await deliveries.give_up_delivery(connection, delivery, failure.error):
                    _log.warning("%s is given up: %s", _named(delivery), failure.error)
            else:
                pause = self._limits.backoff.secs(delivery.attempt)
                if await deliveries.retry_delivery(connection, delivery, failure.error, pause):
                    _log.info("%s failed and is tried again in %.0f s: %s", _named(delivery), pause, failure.error)

    async def _attempt(self, sink: EventSink, delivery: Delivery) -> _Failure | None:
        try:
            async with asyncio.timeout(self._limits.timeout_secs):
                await sink.deliver(delivery.event)
        except DeliveryRefused as error:
            return _Failure(error=str(error), final=True)
        except DeliveryFailed as error:
            return _Failure(error=str(error), final=False)
        except TimeoutError:
            return _Failure(error=f"No end within {self._limits.timeout_secs:.0f} seconds", final=False)
        except Exception as error:
            _log.exception("%s failed with an unexpected error", _named(delivery))
            return _Failure(error=f"{type(error).__name__} (see the server's log)", final=False)
        return None

    def _is_exhausted(self, delivery: Delivery) -> bool:
        return delivery.attempt >= self._limits.attempts or delivery.age_secs >= self._limits.give_up_secs


def _within(room: Mapping[str, int], heads: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Limits the deliveries of each sink to its room."""
    left = Counter(room)
    chosen = []
    for sink, event_id in heads:
        if left[sink] > 0:
            left[sink] -= 1
            chosen.append((sink, event_id))
    return chosen


def _named(delivery: Delivery) -> str:
    event = delivery.event
    return f"delivery of event {event.id} ({event.kind} {event.workspace or event.library or ''}) to {delivery.sink}"
