"""Taker of events: holds them while there is no room, and has the others recorded."""

import asyncio
import contextlib
import uuid
from collections.abc import Sequence

import attrs

from stroem.errors import BadRequest, NotFound, TooManyRequests
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.orchestrator.notifier import Notifier, wait_for
from stroem.orchestrator.triggers.consumers.event_recorder import (
    EventRecorder,
    Held,
    KeyedEvent,
    Pair,
    Taken,
    most_in_flight,
)
from stroem.orchestrator.triggers.consumers.room import EventRooms
from stroem.orchestrator.triggers.live_triggers import LiveTrigger, LiveTriggers
from stroem.protocol.events import HOLD_SECS, Emission, Emitted, EventBatch, SettledEvents, SourceEvent

_POLL_SECS = 1.0


class EventTaker:
    """Takes the events of consumers, and holds them while their trigger is paused or has too many live jobs."""

    def __init__(self, recorder: EventRecorder, live: LiveTriggers, rooms: EventRooms, notifier: Notifier) -> None:
        self._recorder = recorder
        self._live = live
        self._rooms = rooms
        self._notifier = notifier

    async def take(self, batch: EventBatch, hold_secs: float = HOLD_SECS) -> SettledEvents:
        """Takes the first events of a batch, in order; waits up to `hold_secs` while there is room for none.

        Raises BadRequest for a malformed source, Unavailable during outages.
        """
        keyed = [KeyedEvent(key=batch.writer.key(event), event=event) for event in batch.events]
        taken = await self._take(_pair_of(batch.source_id), keyed, batch.waiting, hold_secs)
        return SettledEvents(settled=taken.count, room=taken.room, problems=taken.problems)

    async def emit(self, emission: Emission, hold_secs: float = HOLD_SECS) -> Emitted:
        """Takes one event of the plain contract.

        Raises BadRequest (a malformed source, a trigger that takes no such event, an event that became a dead letter),
        NotFound (workspace), and TooManyRequests after a wait.
        """
        pair = workspace, trigger = _pair_of(emission.source_id)
        if self._live.release_id(workspace) is None:
            raise NotFound(kind="Workspace", name=workspace)
        live = self._source(pair)
        if live is None or live.trigger.target != emission.task or not live.trigger.enabled:
            message = f"{emission.source_id!r} is no enabled event source of task {emission.task!r}"
            raise BadRequest(message=message)
        if not isinstance(emission.input, dict | None):
            raise BadRequest(message="`input` must be an object")
        key = emission.event_id or f"event {uuid.uuid4()}"
        event = SourceEvent(number=0, id=emission.event_id, data=emission.input or {})
        taken = await self._take(pair, [KeyedEvent(key=key, event=event)], 0, hold_secs)
        if not taken.count:
            message = f"Trigger {trigger!r} is paused, or has its `max_in_flight` of live jobs; try again"
            raise TooManyRequests(message=message, retry_after=5)
        if taken.problems:
            raise BadRequest(message=f"The event is among the dead letters: {taken.problems[0].reason}")
        result = taken.results[key]
        return Emitted(job_id=result.job_id, duplicate=result.verdict == "duplicate")

    async def _take(self, pair: Pair, events: Sequence[KeyedEvent], waiting: int, hold_secs: float) -> Taken:
        """Takes the events for which there is room; waits while there is none."""
        clock = asyncio.get_running_loop().time
        until = clock() + hold_secs
        with self._rooms.changes() as changed:
            while True:
                live = self._source(pair)
                most = None if live is None else most_in_flight(live)
                room = await self._rooms.of(*pair, most, is_known=live is not None)
                self._rooms.watch(changed, room.live)
                some = events if room.jobs is None else events[: room.jobs]
                if not events and room.jobs != 0:
                    return Taken(count=0, room=room.jobs)
                with contextlib.suppress(Held):  # another request may have taken the room
                    if some:
                        taken = await self._recorder.record(pair, live, some, waiting + len(events) - len(some))
                        left = None if room.jobs is None else room.jobs - len(some)
                        return attrs.evolve(taken, room=left)
                if (rest := until - clock()) <= 0 or self._notifier.closed:
                    return Taken(count=0, room=0)
                await wait_for(changed, min(rest, _POLL_SECS))

    def _source(self, pair: Pair) -> LiveTrigger | None:
        live = self._live.get(*pair)
        return live if live is not None and isinstance(live.options, ConsumerTrigger) else None


def _pair_of(source_id: str) -> Pair:
    """The workspace and the name of a trigger. Raises BadRequest."""
    workspace, slash, trigger = source_id.partition("/")
    if not (workspace and slash and trigger):
        raise BadRequest(message=f"source_id {source_id!r} is not of the form workspace/trigger")
    return workspace, trigger
