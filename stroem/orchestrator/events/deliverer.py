"""Events on their way to sinks."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from stroem.interfaces.event_sink import DeliveryFailed, DeliveryRefused, EventSink
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.notifier import POLL_SECS
from stroem.orchestrator.periodic import run_periodically
from stroem.store.database import Database
from stroem.store.events import deliveries
from stroem.store.events.deliveries import FIRST_LANE, Delivery
from stroem.store.isolation import isolate, level_of

_MARGIN_SECS = 30.0
_PARTING_SECS = 5.0
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class DeliveryLimits:
    """How many deliveries are under way at once, to one sink and in all, and how long each is tried."""

    of_sink: int = 4
    in_all: int = 64
    timeout_secs: float = 30
    first_pause_secs: float = 5
    longest_pause_secs: float = 3600
    attempts: int = 40
    give_up_secs: float = 24 * 3600


@attrs.frozen(kw_only=True)
class _Failure:
    """Why a delivery did not succeed, and whether it never will."""

    error: str
    final: bool


class EventDeliverer:
    """Delivers each event to each sink that wanted it: in order within a workspace, again after a failure.

    What is being delivered is due again soon after its time is up, so that another server delivers it if this one
    dies meanwhile. Deliveries to sinks that this server does not have are left to others.
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
        self._resting: dict[int, float] = {}

    async def run(self) -> None:
        """Delivers until it is cancelled; then what is under way has a few seconds to end."""
        try:
            await run_periodically(self, self._woken)
        finally:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_PARTING_SECS)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def pause_secs(self) -> float:
        """What is recorded here wakes this duty; retries and what others leave behind are found by looking."""
        return POLL_SECS

    async def run_once(self) -> bool:
        """Begins as many deliveries as there is room for, going round the lanes; True when there may be more."""
        room = self._room()
        if not room:
            return False
        async with self._database.read() as connection:
            limit = self._limits.in_all - len(self._tasks)
            heads = await deliveries.due_heads(connection, room, behind=self._behind, limit=limit)
            began_behind, self._behind = self._behind, heads[-1][0] if len(heads) == limit else FIRST_LANE
            if not heads:
                return began_behind != FIRST_LANE
        chosen = _within(room, [(sink, event_id) for (sink, _), event_id in heads if not self._rests(event_id)])
        for claimed in await isolate(chosen, self._claim, self._let_rest):
            for delivery in claimed:
                self._begin(delivery)
        return bool(chosen)

    async def _claim(self, heads: Sequence[tuple[str, int]]) -> list[Delivery]:
        async with self._database.read() as connection:
            secs = self._limits.timeout_secs + _MARGIN_SECS
            return await deliveries.claim_deliveries(connection, heads, secs)

    async def _let_rest(self, head: tuple[str, int], error: Exception) -> None:
        """A delivery that cannot even be claimed holds up its own lane alone, and is tried again later."""
        _log.error("delivery of event %d to %s cannot be begun", head[1], head[0], exc_info=error)
        self._resting[head[1]] = asyncio.get_running_loop().time() + self._limits.longest_pause_secs

    def _rests(self, event_id: int) -> bool:
        until = self._resting.get(event_id)
        if until is not None and until <= asyncio.get_running_loop().time():
            del self._resting[event_id]
            until = None
        return until is not None

    def _room(self) -> dict[str, int]:
        """How many more deliveries each sink may have; empty when there are enough in all."""
        if len(self._tasks) >= self._limits.in_all:
            return {}
        free = {key: self._limits.of_sink - self._busy[key] for key in self._sinks.keys}
        return {key: count for key, count in free.items() if count > 0}

    def _begin(self, delivery: Delivery) -> None:
        sink = self._sinks.get(delivery.sink)
        if sink is None:
            return  # it was removed just now; another server may have it
        self._busy[delivery.sink] += 1
        task = asyncio.create_task(self._deliver(sink, delivery), name=f"delivery to {delivery.sink}")
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._end(done, delivery.sink))

    def _end(self, task: asyncio.Task[None], key: str) -> None:
        self._tasks.discard(task)
        self._busy -= Counter([key])
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            said = "what became of a delivery to %s could not be noted; it comes again"
            _log.log(level_of(error), said, key, exc_info=error)

    async def _deliver(self, sink: EventSink, delivery: Delivery) -> None:
        failure = await self._attempt(sink, delivery)
        async with self._database.read() as connection:
            if failure is None:
                await deliveries.finish_delivery(connection, delivery)
            elif failure.final or self._is_late(delivery):
                if await deliveries.give_up_delivery(connection, delivery, failure.error):
                    _log.warning("%s is given up: %s", _named(delivery), failure.error)
            else:
                pause = self._pause(delivery.attempt)
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
            _log.exception("%s failed in a way that its sink does not foresee", _named(delivery))
            return _Failure(error=f"{type(error).__name__} (see the server's log)", final=False)
        return None

    def _is_late(self, delivery: Delivery) -> bool:
        return delivery.attempt >= self._limits.attempts or delivery.age_secs >= self._limits.give_up_secs

    def _pause(self, attempt: int) -> float:
        pause = self._limits.first_pause_secs * 2.0 ** min(attempt - 1, 30)
        return min(pause, self._limits.longest_pause_secs) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries


def _within(room: Mapping[str, int], heads: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Of each sink's deliveries as many as it has room for."""
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
