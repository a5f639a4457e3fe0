"""Pruner of expired artifacts, and of those that never counted."""

from stroem.orchestrator.retention.removal import Drop, remove_rows
from stroem.store.artifacts import retention
from stroem.store.database import Database

_BATCH = 500


class ArtifactPruner:
    """Deletes artifacts in batches; their content is left to the garbage collector.

    With `days`, those without a time of their own are deleted after so many days.
    """

    def __init__(self, database: Database, *, days: int | None, interval_secs: float) -> None:
        self._database = database
        self._days = days
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due artifacts; rows that cannot be deleted stay."""
        await self._remove(retention.check_artifacts)
        await self._remove(retention.drop_expired)
        if (days := self._days) is not None:
            await self._remove(lambda connection, limit, skip: retention.drop_old(connection, days, limit, skip))
        return False

    async def _remove(self, drop: Drop) -> None:
        await remove_rows(self._database, drop, _BATCH, "artifacts")

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
