"""Events for those who watch, as they are recorded."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import attrs

from stroem.orchestrator.notifier import LOOK_SECS, News
from stroem.records.event import Event
from stroem.store.database import Database
from stroem.store.events import events
from stroem.store.events.events import EventFilter

_PAGE = 200
_FIRST_LOOK_SECS = 0.02
_LONGEST_LOOK_SECS = 1.0


@attrs.frozen(kw_only=True)
class EventPage:
    """Some events, oldest first. Whoever goes on behind `next` misses none and gets none twice."""

    events: tuple[Event, ...]
    next: int


class EventFeed:
    """Finds out up to where events are settled, and tells those who watch.

    Ids are given out before transactions commit. An event is shown when no other can appear before it any more, so
    that an id is all that a reader has to remember.
    """

    def __init__(self, database: Database, delivery: asyncio.Event) -> None:
        self._database = database
        self._delivery = delivery
        self._settled = 0
        self._vain_looks = 0
        self._is_told = False
        self._watchers: set[asyncio.Event] = set()
        self.woken = asyncio.Event()

    def wake(self) -> None:
        """Call when events were recorded, here or on another server, before or after they are committed: they are shown
        and delivered as soon as they are.
        """
        self._is_told = True
        self.woken.set()
        self._delivery.set()

    def hear(self, news: News) -> None:
        """Wakes when the news are of events."""
        if news.events:
            self.wake()

    async def run_once(self) -> bool:
        """Looks, if anybody watches, or if what was told of is not settled yet."""
        if not (self._watchers or self._is_told):
            self._vain_looks = 0
            return False
        is_told, self._is_told = self._is_told, False
        async with self._database.read() as connection:
            found = await events.settled(connection)
        self._is_told |= is_told and found.id < found.last
        self._vain_looks = self._vain_looks + 1 if found.id < found.last else 0
        if found.id > self._settled:
            self._settled = found.id
            self._delivery.set()
            for watcher in self._watchers:
                watcher.set()
        return False

    async def pause_secs(self) -> float:
        """Short while a transaction that has recorded events is under way."""
        if not self._vain_looks:
            return LOOK_SECS
        return min(_FIRST_LOOK_SECS * 2.0 ** min(self._vain_looks, 30), _LONGEST_LOOK_SECS)

    async def follow(self, wanted: EventFilter, *, after: int | None = None, tail: int = 0) -> AsyncIterator[EventPage]:
        """Events behind the id `after`, or the last `tail` ones, then new ones as they come, without end.

        The first page is empty and says where it begins. Nothing is read before the page ahead of it was taken.
        """
        with self._watching() as changed:
            async with self._database.read() as connection:
                up_to = (await events.settled(connection)).id
                if after is None:
                    after = await events.tail_start(connection, wanted, up_to=up_to, tail=tail)
            yield EventPage(events=(), next=after)
            while True:
                while after < up_to:
                    async with self._database.read() as connection:
                        found = await events.events_after(connection, wanted, after=after, up_to=up_to, limit=_PAGE)
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
