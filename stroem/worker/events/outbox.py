"""Outbox: the events of one attempt of a consumer's step, kept until the server has settled them."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

import attrs
import orjson

from stroem.conversion.unstructure import encode
from stroem.definitions.backoff import Backoff
from stroem.protocol.events import SettledEvents, SourceEvent
from stroem.protocol.reading import read
from stroem.worker.events.event_client import EventClient
from stroem.worker.events.event_parser import TEXT_CHARS
from stroem.worker.events.outbox_file import OutboxFile
from stroem.worker.http.client import Refused, ServerAway
from stroem.worker.http.delivery_failures import DeliveryFailures

logger = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
"""The size of the events that may wait; while there are more, the output of the step is not read."""

_HELD_STATUS = 429
_DISK_SECS = 1.0
_HELD_SECS = 0.25
"""The pause after an answer that there is no room; a server that shuts down gives it at once."""
_MOST_NOTES = 20
_BACKOFF = Backoff(first_secs=0.1, longest_secs=5)


class Outbox:
    """Keeps events on disk and delivers them in order; a restart of the worker does not lose them.

    `put` makes the writer wait while too many events wait, or while the server holds them: its pipe is not read then.
    """

    def __init__(self, file: OutboxFile, client: EventClient, mask: Callable[[str], str] = str) -> None:
        self._file = file
        self._client = client
        self._mask = mask
        self._held = False
        self._ended = False
        self._released = False
        self._most = self._batch = file.head.batch_events or 1
        self._instead: SourceEvent | None = None
        self._failures = DeliveryFailures()
        self._notes: deque[str] = deque(maxlen=_MOST_NOTES)
        self._room = asyncio.Event()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._retry = asyncio.Event()
        self._update()

    async def put(self, events: Sequence[SourceEvent]) -> None:
        """Keeps events; returns when more may follow. Waits no more once it is released."""
        if events:
            await self._append([self._mask(encode(event, SourceEvent).decode()).encode() for event in events])
            self._update()
        await self._room.wait()

    def take_notes(self) -> list[str]:
        """Notes on events that went to the dead letters, since the last call."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    def release(self) -> None:
        """Lets the writer go on: its step is to end."""
        self._released = True
        self._update()

    def end(self) -> None:
        """Ends the outbox: no event follows. Those that wait are still delivered."""
        self._released = self._ended = True
        self._update()

    def try_again(self) -> None:
        """Tries a failed delivery again at once."""
        self._retry.set()

    async def deliver(self) -> None:
        """Delivers events until the outbox has ended and all are settled."""
        failures = 0
        while True:
            await self._work.wait()
            if self._ended and not self._file.waiting:
                return
            try:
                if not await self._deliver_first():
                    await self._pause(_HELD_SECS)
                failures = 0
            except ServerAway as error:
                failures += 1
                self._held = self._held or error.status == _HELD_STATUS
                self._update()
                logger.debug("events of %s: %s", self._file.head.source_id, error)
                await self._pause(_BACKOFF.secs(failures))
            except Exception:
                failures += 1
                logger.exception("events of %s cannot be delivered; trying again", self._file.head.source_id)
                await self._pause(_BACKOFF.secs(failures))

    async def all_delivered(self) -> None:
        """Waits until nothing can be delivered now."""
        await self._idle.wait()

    def close(self) -> None:
        """Closes the file; events that wait stay in it for the next start of the worker."""
        self._file.close()

    def _update(self) -> None:
        """Wakes the parties whose condition is true now."""
        waiting, is_full = bool(self._file.waiting), self._held or self._file.waiting_bytes > MOST_BYTES
        conditions = (
            (self._room, self._released or not is_full),
            (self._work, waiting or self._held or self._ended),
            (self._idle, self._held or not waiting),
        )
        for event, is_true in conditions:
            if is_true:
                event.set()
            else:
                event.clear()

    async def _append(self, lines: Sequence[bytes]) -> None:
        """Writes events to the disk; tries again while it is full."""
        while True:
            try:
                return self._file.append(lines)
            except OSError as error:
                logger.error("events of %s cannot be kept: %s; trying again", self._file.head.source_id, error)
                if self._released:
                    return
                await asyncio.sleep(_DISK_SECS)

    async def _deliver_first(self) -> bool:
        """Sends the first events; False if the server has answered that there is no room. Raises `ServerAway`."""
        lines = self._file.first(self._most)
        events = [read(orjson.loads(line), SourceEvent) for line in lines]
        if self._instead is not None:
            events = [self._instead]
        try:
            settled = await self._client.send(self._file.head, events, self._file.waiting - len(events))
        except ServerAway as error:
            if error.may_concern_body:
                self._suspect(events, error)
            raise
        except Refused as error:
            self._refuse(events, error)
            return True
        self._settle(lines, settled)
        return bool(settled.settled) or not self._held

    def _settle(self, lines: Sequence[bytes], settled: SettledEvents) -> None:
        if settled.settled:
            self._file.drop(lines[: settled.settled])
            self._instead = None
            self._failures.clear()
            self._most = min(2 * self._most, self._batch)
        for problem in settled.problems:
            self._notes.append(f"Event {problem.number} went to the dead letters: {problem.reason}")
        self._held = settled.room == 0 or settled.settled < min(len(lines), 1)
        self._update()

    def _suspect(self, events: Sequence[SourceEvent], error: ServerAway) -> None:
        """Sends fewer events, and in the end the problem of one that fails alone, while other requests succeed."""
        self._most = max(1, len(events) // 2)
        if len(events) == 1 and self._failures.add(self._client.successes):
            self._refuse(events, error)

    def _refuse(self, events: Sequence[SourceEvent], error: Exception) -> None:
        """Replaces an event that is refused alone by its problem; drops one whose problem is refused too."""
        self._most = max(1, len(events) // 2)
        if len(events) != 1:
            return
        (event,) = events
        logger.error("event %d of %s: %s", event.number, self._file.head.source_id, error)
        if event.problem is None:
            text = orjson.dumps(event.data).decode()
            self._instead = attrs.evolve(
                event, data={}, problem=f"The server refused it: {error}", text=text[:TEXT_CHARS], size=len(text)
            )
        else:
            self._instead = None
            self._file.drop(self._file.first(1))
            self._update()

    async def _pause(self, secs: float) -> None:
        self._retry.clear()
        try:
            async with asyncio.timeout(secs):
                await self._retry.wait()
        except TimeoutError:
            return
