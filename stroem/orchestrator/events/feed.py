"""Live feed of events to watchers, in order of their ids."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import attrs

from stroem.definitions.backoff import Backoff
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.records.event import Event
from stroem.store.database import Database
from stroem.store.events import events
from stroem.store.events.events import EventFilter
from stroem.store.lists.first_import import import_lists

_PAGE = 200
_BACKOFF = Backoff(first_secs=0.02, longest_secs=1, spread=(1, 1))


@attrs.frozen(kw_only=True)
class EventPage:
    """Events, oldest first. Reading on from `next` skips none and repeats none."""

    events: tuple[Event, ...]
    next: int


class EventFeed:
    """Finds the highest settled event id, and wakes watchers and deliveries.

    Ids are assigned before transactions commit. An event is shown once no event with a lower id can still appear, so
    that an id is all that a reader has to remember.
    """

    def __init__(self, database: Database, delivery: asyncio.Event, notifier: Notifier) -> None:
        self._database = database
        self._delivery = delivery
        self._settled = 0
        self._vain_polls = 0
        self._is_announced = False
        self._watchers: set[asyncio.Event] = set()
        self.woken = asyncio.Event()
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    def wake(self) -> None:
        """Announces events recorded on any server, before or after their commit; shown and delivered from then on."""
        self._is_announced = True
        self.woken.set()
        self._delivery.set()

    def _on_notification(self, notification: Notification) -> None:
        if notification.events:
            self.wake()

    async def run_once(self) -> bool:
        """Queries the settled id if there are watchers, or announced events that are not settled yet."""
        if not (self._watchers or self._is_announced):
            self._vain_polls = 0
            return False
        is_announced, self._is_announced = self._is_announced, False
        async with self._database.read() as connection:
            found = await events.settled(connection)
        self._is_announced |= is_announced and found.id < found.last
        self._vain_polls = self._vain_polls + 1 if found.id < found.last else 0
        if found.id > self._settled:
            self._settled = found.id
            self._delivery.set()
            for watcher in self._watchers:
                watcher.set()
        return False

    async def pause_secs(self) -> float:
        """Short while a transaction that has recorded events is open."""
        if not self._vain_polls:
            return POLL_SECS
        return _BACKOFF.secs(self._vain_polls + 1)

    async def follow(self, wanted: EventFilter, *, after: int | None = None, tail: int = 0) -> AsyncIterator[EventPage]:
        """Events after the id `after`, or the last `tail` ones, then new ones as they come, without end.

        The first page is empty and gives the starting id. A page is read when the one before it was consumed.
        """
        await import_lists()
        from stroem.store.lists import event_list  # not at the start: see `import_lists`

        with self._watching() as changed:
            async with self._database.read() as connection:
                up_to = (await events.settled(connection)).id
                if after is None:
                    after = await event_list.tail_start(connection, wanted, up_to=up_to, tail=tail)
            yield EventPage(events=(), next=after)
            while True:
                while after < up_to:
                    async with self._database.read() as connection:
                        found = await event_list.events_after(connection, wanted, after=after, up_to=up_to, limit=_PAGE)
                    after = found[-1].id if len(found) == _PAGE else up_to
                    if found:
                        yield EventPage(events=tuple(found), next=after)
                await changed.wait()
                changed.clear()
                up_to = max(up_to, self._settled)

    @contextmanager
    def _watching(self) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        self._watchers.add(changed)
        self.woken.set()
        try:
            yield changed
        finally:
            self._watchers.discard(changed)
