"""Waking those who wait: claims for steps, readers for log lines, workers for cancellations.

A signal only saves time. Whoever waits for one also looks by itself at intervals.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import attrs

from stroem.orchestrator.recent import Recent

LOOK_SECS = 5.0
"""How often those who wait look although nobody has woken them."""
_MISSED = 4096

Need = tuple[str, tuple[str, ...]]
"""What a ready step asks of a worker: an ability and tags."""


@attrs.frozen(kw_only=True)
class News:
    """What a committed transaction has changed for those who wait."""

    ready: Counter[Need] = attrs.Factory(Counter)
    jobs: frozenset[uuid.UUID] = frozenset()
    cancelled_on: frozenset[uuid.UUID] = frozenset()
    workspaces: frozenset[str] = frozenset()
    events: bool = False

    def __bool__(self) -> bool:
        return bool(self.ready or self.jobs or self.cancelled_on or self.workspaces or self.events)


@attrs.define(kw_only=True, eq=False)
class Hold:
    """A worker's request that is held until there is something for it."""

    worker_id: uuid.UUID
    capabilities: frozenset[str]
    tags: frozenset[str]
    exclusive: bool
    wants_steps: bool
    event: asyncio.Event = attrs.Factory(asyncio.Event)
    released: bool = False
    cancelled: bool = False
    """Whether a step of the worker is to end."""

    def suits(self, need: Need) -> bool:
        """Whether the worker can run such a step."""
        ability, tags = need
        return (
            ability in self.capabilities
            and self.tags.issuperset(tags)
            and (not self.exclusive or self.tags.issubset(tags))
        )

    def cancel(self) -> None:
        """Has the request answered now, with the steps that are to end."""
        self.cancelled = True
        self.event.set()

    def release(self) -> None:
        """Has the request answered now, with whatever there is."""
        self.released = True
        self.event.set()


class Signals:
    """Who waits for what in this server."""

    def __init__(self) -> None:
        self._holds: dict[uuid.UUID, Hold] = {}
        self._watchers: dict[uuid.UUID, set[asyncio.Event]] = {}
        self._missed: Recent[uuid.UUID, bool] = Recent(_MISSED)
        self._listeners: list[Callable[[News], None]] = []
        self._hearers: list[Callable[[News], None]] = []
        self._closed = False

    def on_news(self, listener: Callable[[News], None]) -> None:
        """Has `listener` told of all news that come from this server."""
        self._listeners.append(listener)

    def on_others_news(self, hearer: Callable[[News], None]) -> None:
        """Has `hearer` told of all news that come from other servers."""
        self._hearers.append(hearer)

    def hear(self, news: News) -> None:
        """Wakes those here whom news of another server concern."""
        self.wake(news)
        for hearer in self._hearers:
            hearer(news)

    def tell(self, news: News) -> None:
        """Wakes those whom news of this server concern, here and on the other servers."""
        if news:
            self.wake(news)
            for listener in self._listeners:
                listener(news)

    def wake(self, news: News) -> None:
        """Wakes those here whom the news concern: no more requests than there are steps."""
        for need, count in news.ready.items():
            self._wake_holds(need, count)
        for job_id in news.jobs:
            for event in self._watchers.get(job_id, ()):
                event.set()
        for worker_id in news.cancelled_on:
            if hold := self._holds.get(worker_id):
                hold.cancel()
            else:
                self._missed.put(worker_id, True)

    def _wake_holds(self, need: Need, count: int) -> None:
        for hold in self._holds.values():
            if count <= 0:
                return
            if hold.wants_steps and not hold.event.is_set() and hold.suits(need):
                hold.event.set()
                count -= 1

    @contextmanager
    def holding(self, hold: Hold) -> Iterator[Hold]:
        """Enters a request among the held ones. An older one of the same worker is released."""
        older = self._holds.pop(hold.worker_id, None)
        missed = self._missed.pop(hold.worker_id)
        if older is not None:
            older.release()
        self._holds[hold.worker_id] = hold
        if missed or (older is not None and older.cancelled):
            hold.cancel()
        if self._closed:
            hold.release()
        try:
            yield hold
        finally:
            if self._holds.get(hold.worker_id) is hold:
                del self._holds[hold.worker_id]

    @contextmanager
    def watching(self, job_id: uuid.UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever something about the job has changed."""
        event = asyncio.Event()
        self._watchers.setdefault(job_id, set()).add(event)
        try:
            yield event
        finally:
            watchers = self._watchers[job_id]
            watchers.discard(event)
            if not watchers:
                del self._watchers[job_id]

    def release_worker(self, worker_id: uuid.UUID) -> None:
        """Has the held request of a worker answered now."""
        if hold := self._holds.get(worker_id):
            hold.release()

    def close(self) -> None:
        """Has every held request answered now, and new ones not held."""
        self._closed = True
        for hold in self._holds.values():
            hold.release()
        for events in self._watchers.values():
            for event in events:
                event.set()

    @property
    def closed(self) -> bool:
        """Whether the server goes down."""
        return self._closed


def needs(steps: Iterable[tuple[str, Sequence[str]]]) -> Counter[Need]:
    """Counts what ready steps ask for."""
    return Counter((ability, tuple(tags)) for ability, tags in steps)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Waits until the event is set, but not longer than that; clears it, and says whether it was."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
