"""Wakes waiting requests and loops when a transaction has changed something.

Notifications only save time and may be lost: waiting parties also poll at intervals.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

import attrs
from cachetools import LRUCache

from stroem.definitions.amounts import Amounts, fits
from stroem.store.jobs.needs import Need

POLL_SECS = 5.0
"""Interval at which waiting parties poll without a notification."""
_MISSED = 4096


@attrs.frozen(kw_only=True)
class Notification:
    """Changes of a committed transaction.

    `ready` counts ready steps by requirement, `jobs` have new log lines or statuses, the workers `cancelled_on` have
    steps to end, `workspaces` have changed, `workers` have come, gone or got another state, `accounts` have changed or
    their sessions and keys, `events` is true if events were recorded, and `deadlines` if a deadline or lease was set.
    `ended` are the workspaces and tasks of jobs that have ended. Deadlines and ends concern this server alone; the rest
    `is_shared` with the others, except `claimed`: jobs with claimed steps, of which others hear while they have
    watchers. `is_cut` on arrival: parts are missing.
    """

    ready: Counter[Need] = attrs.Factory(Counter)
    jobs: frozenset[uuid.UUID] = frozenset()
    cancelled_on: frozenset[uuid.UUID] = frozenset()
    workspaces: frozenset[str] = frozenset()
    events: bool = False
    deadlines: bool = False
    ended: frozenset[tuple[str, str]] = frozenset()
    workers: frozenset[uuid.UUID] = frozenset()
    accounts: frozenset[uuid.UUID] = frozenset()
    claimed: frozenset[uuid.UUID] = frozenset()
    is_cut: bool = False

    @property
    def is_shared(self) -> bool:
        """True if it concerns other servers too."""
        changed = self.ready or self.jobs or self.cancelled_on or self.workspaces or self.workers or self.accounts
        return bool(changed or self.events)

    def __bool__(self) -> bool:
        return self.deadlines or bool(self.ended or self.claimed) or self.is_shared


Listener = Callable[[Notification], None]


@attrs.define(kw_only=True, eq=False)
class LongPoll:
    """A worker's request that waits for steps or cancellations."""

    worker_id: uuid.UUID
    capabilities: frozenset[str]
    tags: frozenset[str]
    exclusive: bool
    wants_steps: bool
    event: asyncio.Event = attrs.Factory(asyncio.Event)
    released: bool = False
    cancelled: bool = False
    """True when a step of the worker is to be cancelled."""
    resources: Amounts = ()
    """The resources that the worker offers in all."""
    woken: bool = False
    """True once it was woken by a step that has become ready."""
    unfit: frozenset[Need] = frozenset()
    """The needs for which too little was free at its last claim. More is free only with a newer request."""
    workspaces: frozenset[str] = frozenset()
    """The workspaces whose steps the worker gets; those of all, if there is none."""

    def suits(self, need: Need) -> bool:
        """True when the worker can run such a step, if it has nothing else to do."""
        return (
            need.ability in self.capabilities
            and self.tags.issuperset(need.tags)
            and (not self.exclusive or self.tags.issubset(need.tags))
            and fits(need.resources, dict(self.resources))
        )

    def cancel(self) -> None:
        """Wakes the request to deliver cancellations."""
        self.cancelled = True
        self.event.set()

    def release(self) -> None:
        """Ends the wait: the request is answered with what is there."""
        self.released = True
        self.event.set()


class Notifier:
    """Delivers notifications to long polls, job watchers, and listeners in this server."""

    def __init__(self) -> None:
        self._polls: dict[uuid.UUID, LongPoll] = {}
        self._watchers: dict[uuid.UUID, set[asyncio.Event]] = {}
        self._missed: LRUCache[uuid.UUID, bool] = LRUCache(_MISSED)
        self._publish_listeners: list[Listener] = []
        self._receive_listeners: list[Listener] = []
        self._closed = False
        self._live_watchers = 0
        self.live_changed = asyncio.Event()
        """Set when the first watcher of all changes comes, and when the last one goes."""

    def on_publish(self, listener: Listener) -> None:
        """Subscribes to the notifications that this server publishes."""
        self._publish_listeners.append(listener)

    def on_receive(self, listener: Listener) -> None:
        """Subscribes to the notifications of other servers."""
        self._receive_listeners.append(listener)

    def publish(self, notification: Notification) -> None:
        """Delivers a notification of this server, here and to the other servers."""
        if notification:
            self._deliver(notification)
            for listener in self._publish_listeners:
                listener(notification)

    def receive(self, notification: Notification) -> None:
        """Delivers a notification of another server here."""
        self._deliver(notification)
        for listener in self._receive_listeners:
            listener(notification)

    def publish_workspaces(self, names: Collection[str]) -> None:
        """Publishes that these workspaces have changed."""
        self.publish(Notification(workspaces=frozenset(names)))

    def on_workspaces_received(self, listener: Callable[[Collection[str]], None]) -> None:
        """Subscribes to the names of workspaces that other servers have changed."""

        def filtered(notification: Notification) -> None:
            if notification.workspaces:
                listener(notification.workspaces)

        self.on_receive(filtered)

    def _deliver(self, notification: Notification) -> None:
        """Wakes no more long polls than there are steps."""
        for need, count in notification.ready.items():
            self._wake_polls(need, count)
        self.wake_watchers(notification.jobs)
        self.wake_watchers(notification.claimed)
        for worker_id in notification.cancelled_on:
            if poll := self._polls.get(worker_id):
                poll.cancel()
            else:
                self._missed[worker_id] = True

    def wake_watchers(self, job_ids: Iterable[uuid.UUID]) -> None:
        """Wakes the watchers of jobs in this server alone; those in others poll."""
        for job_id in job_ids:
            for event in self._watchers.get(job_id, ()):
                event.set()

    def _wake_polls(self, need: Need, count: int) -> None:
        for poll in self._polls.values():
            if count <= 0:
                return
            if poll.wants_steps and not poll.event.is_set() and need not in poll.unfit and poll.suits(need):
                poll.event.set()
                count -= not poll.workspaces  # else the step may be of a workspace that is not among them

    @contextmanager
    def polling(self, poll: LongPoll) -> Iterator[LongPoll]:
        """Registers a long poll. An older one of the same worker is released."""
        older = self._polls.pop(poll.worker_id, None)
        missed = self._missed.pop(poll.worker_id, False)
        if older is not None:
            older.release()
        self._polls[poll.worker_id] = poll
        if missed or (older is not None and older.cancelled):
            poll.cancel()
        if self._closed:
            poll.release()
        try:
            yield poll
        finally:
            if self._polls.get(poll.worker_id) is poll:
                del self._polls[poll.worker_id]
                if poll.cancelled:  # not delivered with this answer
                    self._missed[poll.worker_id] = True

    @contextmanager
    def watching(self, job_id: uuid.UUID) -> Iterator[asyncio.Event]:
        """Event that is set on each change of the job."""
        event = asyncio.Event()
        self._watchers.setdefault(job_id, set()).add(event)
        try:
            yield event
        finally:
            watchers = self._watchers[job_id]
            watchers.discard(event)
            if not watchers:
                del self._watchers[job_id]

    @contextmanager
    def watching_all(self) -> Iterator[None]:
        """Asks the other servers for notifications of claims too during the block."""
        self._live_watchers += 1
        if self._live_watchers == 1:
            self.live_changed.set()
        try:
            yield
        finally:
            self._live_watchers -= 1
            if not self._live_watchers:
                self.live_changed.set()

    def release_worker(self, worker_id: uuid.UUID) -> None:
        """Answers the long poll of a worker now."""
        if poll := self._polls.get(worker_id):
            poll.release()

    def close(self) -> None:
        """Answers all long polls now and refuses new ones (shutdown)."""
        self._closed = True
        for poll in self._polls.values():
            poll.release()
        for events in self._watchers.values():
            for event in events:
                event.set()

    @property
    def closed(self) -> bool:
        """True once the server shuts down."""
        return self._closed

    @property
    def is_watched(self) -> bool:
        """True while somebody watches all changes."""
        return self._live_watchers > 0

    @property
    def polling_workers(self) -> frozenset[uuid.UUID]:
        """The workers with a registered long poll."""
        return frozenset(self._polls)

    @property
    def watched_jobs(self) -> frozenset[uuid.UUID]:
        """The jobs with watchers."""
        return frozenset(self._watchers)


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Waits for the event, at most `seconds`, and clears it; True if it was set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
