"""Pruner of old fires and backfills of triggers."""

from stroem.orchestrator.retention.removal import remove_rows
from stroem.store.database import Database
from stroem.store.triggers import backfills, fires

_BATCH = 1000


class FirePruner:
    """Deletes old fires, and backfills that ended long ago, in small batches. Their jobs stay."""

    def __init__(self, database: Database, *, days: float, interval_secs: float) -> None:
        self._database = database
        self._days = days
        self._interval_secs = interval_secs

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs

    async def run_once(self) -> bool:
        """Deletes all old fires and backfills."""
        await remove_rows(
            self._database,
            lambda connection, limit, skip: fires.drop_old(connection, self._days, limit, skip),
            _BATCH,
            "fires of triggers",
        )
        await remove_rows(
            self._database,
            lambda connection, limit, skip: backfills.drop_old(connection, self._days, limit, skip),
            _BATCH,
            "backfills",
        )
        return False
