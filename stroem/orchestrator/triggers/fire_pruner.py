"""Pruner of old fires, backfills and dead letters of triggers."""

from collections.abc import Awaitable, Callable
from functools import partial

from stroem.orchestrator.retention.removal import remove_rows
from stroem.store.database import Database
from stroem.store.statement import Connection
from stroem.store.triggers import backfills, dead_letters, fires

DropOld = Callable[[Connection, float, int, int], Awaitable[int]]

_BATCH = 1000
_OLD = (
    (fires.drop_old, "fires of triggers"),
    (backfills.drop_old, "backfills"),
    (dead_letters.drop_old, "dead letters of triggers"),
)
"""The statements that delete old rows, with the noun of these rows."""


class FirePruner:
    """Deletes old fires, dead letters, and backfills that ended long ago, in small batches. Their jobs stay."""

    def __init__(self, database: Database, *, days: float, interval_secs: float) -> None:
        self._database = database
        self._days = days
        self._interval_secs = interval_secs

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

    async def run_once(self) -> bool:
        """Deletes all old rows."""
        for drop, what in _OLD:
            await remove_rows(self._database, partial(self._drop, drop), _BATCH, what)
        return False

    async def _drop(self, drop: DropOld, connection: Connection, limit: int, skip: int) -> int:
        return await drop(connection, self._days, limit, skip)
