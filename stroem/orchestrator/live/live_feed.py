"""Live feed of changes of the whole instance."""

import asyncio
import datetime
import logging
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from cachetools import LRUCache

from stroem.orchestrator.events.feed import EventFeed
from stroem.orchestrator.live import notices
from stroem.orchestrator.live.notice import Notice
from stroem.orchestrator.live.subscription import Subscription
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.store.batch_isolation import level_of
from stroem.store.database import Database
from stroem.store.events.events import EventFilter
from stroem.store.jobs import workers
from stroem.store.jobs.summaries import changed_jobs

_PAUSE_SECS = 0.25
"""Least time between two notices about the same job."""
_RESYNC_SECS = 1.0
_MOST_JOBS = 300
"""Jobs of one round of notices; for more there is one `resync`."""
_REMEMBERED = 10_000
_log = logging.getLogger(__name__)


class LiveFeed:
    """Tells watchers what has changed, at most four times a second. Costs nothing while nobody watches.

    What has changed is heard from the notifier, on this server and others; its present state is read then, by primary
    key and for all watchers together. When more changes than can be told, or notifications may be lost, watchers get a
    `resync`.
    """

    def __init__(self, database: Database, notifier: Notifier, events: EventFeed) -> None:
        self._database = database
        self._notifier = notifier
        self._events = events
        self._subscriptions: set[Subscription] = set()
        self._changed_jobs: set[uuid.UUID] = set()
        self._changed_workers: set[uuid.UUID] = set()
        self._changed_workspaces: set[str] = set()
        self._is_cut = False
        self._known: LRUCache[uuid.UUID, frozenset[int]] = LRUCache(_REMEMBERED)
        """Steps that wait for approvals, of the jobs told last."""
        self._changed = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    @contextmanager
    def watching(self) -> Iterator[Subscription]:
        """A subscription to all notices from now on."""
        subscription = Subscription()
        subscription.add([Notice(kind="start", at=_now())])
        self._subscriptions.add(subscription)
        if self._following is None:
            self._following = asyncio.create_task(self._tell_events(), name="live events")
        with self._notifier.watching_all():
            try:
                yield subscription
            finally:
                self._subscriptions.discard(subscription)
                if not self._subscriptions:
                    self._following.cancel()
                    self._following = None

    def _on_notification(self, notification: Notification) -> None:
        if not self._subscriptions:
            return
        self._is_cut |= notification.is_cut
        self._changed_jobs |= notification.jobs | notification.claimed
        if len(self._changed_jobs) > _MOST_JOBS:
            self._is_cut = True
            self._changed_jobs.clear()
        self._changed_workers |= notification.workers
        self._changed_workspaces |= notification.workspaces
        if self._is_cut or self._changed_jobs or self._changed_workers or self._changed_workspaces:
            self._changed.set()

    async def run(self) -> None:
        """Tells the watchers of changes, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            jobs, self._changed_jobs = self._changed_jobs, set()
            worker_ids, self._changed_workers = self._changed_workers, set()
            workspaces, self._changed_workspaces = self._changed_workspaces, set()
            is_cut, self._is_cut = self._is_cut, False
            try:
                told = [] if is_cut or not self._subscriptions else await self._read(jobs, worker_ids, workspaces)
            except Exception as error:
                _log.log(level_of(error), "changes could not be read for watchers, who read again", exc_info=error)
                is_cut = True
            self._tell([Notice(kind="resync", at=_now())] if is_cut else told)
            await asyncio.sleep(_RESYNC_SECS if is_cut else _PAUSE_SECS)

    async def _read(
        self, jobs: Collection[uuid.UUID], worker_ids: Collection[uuid.UUID], workspaces: Collection[str]
    ) -> list[Notice]:
        at = _now()
        told = [Notice(kind="workspace", at=at, workspace=name) for name in sorted(workspaces)]
        async with self._database.read() as connection:
            rows = await changed_jobs.read_jobs(connection, jobs) if jobs else []
            asked = await changed_jobs.asked_steps(connection, jobs) if jobs else {}
            found = await workers.get_workers(connection, worker_ids) if worker_ids else []
        told += [notices.of_worker(row, at) for row in found]
        for row in rows:
            told.append(notices.of_job(row, at))
            now_asked = asked.get(row.id, frozenset())
            if now_asked != self._known.get(row.id, frozenset()):
                told.append(notices.of_approvals(row, len(now_asked), at))
            if row.id not in self._known and notices.is_fire(row):
                told.append(notices.of_fire(row, at))
            self._known[row.id] = now_asked
        return told

    async def _tell_events(self) -> None:
        """Follows the events, until cancelled. After a failure, watchers read again once events can be read."""
        has_failed = False
        while True:
            try:
                async for page in self._events.follow(EventFilter()):
                    if has_failed:
                        self._tell([Notice(kind="resync", at=_now())])
                        has_failed = False
                    self._tell(one for event in page.events for one in notices.of_event(event))
            except Exception as error:
                _log.log(level_of(error), "events could not be read for watchers, who read again", exc_info=error)
            has_failed = True
            await asyncio.sleep(_RESYNC_SECS)

    def _tell(self, told: Iterable[Notice]) -> None:
        some = list(told)
        for subscription in self._subscriptions:
            subscription.add(some)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
