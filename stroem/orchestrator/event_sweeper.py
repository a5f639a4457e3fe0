"""Events that are old enough to be forgotten."""

from collections.abc import Awaitable, Callable

from stroem.store import event_deliveries, events
from stroem.store.database import Database
from stroem.store.events import FIRST_SUBJECT
from stroem.store.statement import Connection

_BATCH = 1000
_KEPT = 10_000
_DELIVERY_DAYS = 7


class EventSweeper:
    """Removes, in small batches, events past their time, all but the newest of each workspace and library, and what is
    left of old deliveries."""

    def __init__(self, database: Database, *, days: int, interval_secs: float, keep: int = _KEPT) -> None:
        self._database = database
        self._days = days
        self._interval_secs = interval_secs
        self._keep = keep

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

    async def run_once(self) -> bool:
        """Removes all that is due."""
        await self._empty(lambda connection: events.forget_old(connection, self._days, _BATCH))
        await self._empty(lambda connection: event_deliveries.forget_deliveries(connection, _DELIVERY_DAYS, _BATCH))
        subject: events.Subject | None = FIRST_SUBJECT
        while subject is not None:
            await self._forget_surplus(subject)
            async with self._database.read() as connection:
                subject = await events.next_subject(connection, subject)
        return False

    async def _forget_surplus(self, subject: events.Subject) -> None:
        await self._empty(lambda connection: events.forget_surplus(connection, subject, self._keep, _BATCH))

    async def _empty(self, remove: Callable[[Connection], Awaitable[int]]) -> None:
        """Removes batch after batch, each in a transaction of its own, until one is not full."""
        count = _BATCH
        while count == _BATCH:
            async with self._database.read() as connection:
                count = await remove(connection)
