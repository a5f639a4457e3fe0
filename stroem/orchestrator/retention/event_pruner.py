"""Pruner of old events."""

import logging
from collections.abc import Awaitable, Callable

from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.events import deliveries, events
from stroem.store.events.events import FIRST_SUBJECT
from stroem.store.statement import Connection

_BATCH = 1000
_KEPT = 10_000
_DELIVERY_DAYS = 7
_log = logging.getLogger(__name__)


class EventPruner:
    """Deletes old events, surplus events of each workspace and library, and old deliveries, in small batches."""

    def __init__(self, database: Database, *, days: int, interval_secs: float, keep: int = _KEPT) -> None:
        self._database = database
        self._days = days
        self._interval_secs = interval_secs
        self._keep = keep

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

    async def run_once(self) -> bool:
        """Deletes all due events and deliveries."""
        await self._empty(lambda *how: events.forget_old(how[0], self._days, *how[1:]))
        await self._empty(lambda *how: deliveries.forget_deliveries(how[0], _DELIVERY_DAYS, *how[1:]))
        subject: events.Subject | None = FIRST_SUBJECT
        while subject is not None:
            await self._forget_surplus(subject)
            async with self._database.read() as connection:
                subject = await events.next_subject(connection, subject)
        return False

    async def _forget_surplus(self, subject: events.Subject) -> None:
        await self._empty(lambda *how: events.forget_surplus(how[0], subject, self._keep, *how[1:]))

    async def _empty(self, remove: Callable[[Connection, int, int], Awaitable[int]]) -> None:
        """Removes batch after batch, each in its own transaction; rows that cannot be removed stay."""

        async def remove_some(limit: int, skip: int) -> int:
            async with self._database.read() as connection:
                return await remove(connection, limit, skip)

        if stay := await remove_all(remove_some, _BATCH):
            _log.error("%d events or deliveries cannot be removed", stay)
