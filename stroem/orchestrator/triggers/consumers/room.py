"""Room for more live jobs of the events of a trigger."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from stroem.orchestrator.notifier import Notification, Notifier
from stroem.store.database import Database
from stroem.store.triggers import event_jobs, triggers


@attrs.frozen(kw_only=True)
class Room:
    """The number of further live jobs of a trigger, None without a limit, and its live jobs if there is one."""

    jobs: int | None
    live: frozenset[uuid.UUID] = frozenset()


class EventRooms:
    """Finds room, and wakes the requests that wait for it when a job ends or a workspace changes."""

    def __init__(self, database: Database, notifier: Notifier) -> None:
        self._database = database
        self._waiting: dict[asyncio.Event, frozenset[uuid.UUID]] = {}
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    async def of(self, workspace: str, trigger: str, most: int | None, *, is_known: bool) -> Room:
        """The room of a trigger with at most `most` live jobs.

        There is none while it is paused or disabled, or this server does not know it yet.
        """
        async with self._database.read() as connection:
            row = await triggers.find(connection, workspace, trigger)
            if row is not None and row.form == "consumer" and (row.paused or not row.enabled or not is_known):
                return Room(jobs=0)
            if most is None:
                return Room(jobs=None)
            live = await event_jobs.live(connection, workspace, trigger)
        return Room(jobs=max(0, most - len(live)), live=live)

    @contextmanager
    def changes(self) -> Iterator[asyncio.Event]:
        """An event that is set when there may be more room; `watch` says for which jobs."""
        event = asyncio.Event()
        self._waiting[event] = frozenset()
        try:
            yield event
        finally:
            del self._waiting[event]

    def watch(self, event: asyncio.Event, live: frozenset[uuid.UUID]) -> None:
        """Has the event set when one of these jobs changes."""
        self._waiting[event] = live

    def _on_notification(self, notification: Notification) -> None:
        for event, live in self._waiting.items():
            if notification.workspaces or not live.isdisjoint(notification.jobs):
                event.set()
