"""Pruner of results of steps that are not kept any longer."""

from functools import partial

from stroem.orchestrator.retention.removal import Drop, remove_rows
from stroem.store.database import Database
from stroem.store.jobs.results import step_cache
from stroem.store.statement import Connection

_BATCH = 500


class CachePruner:
    """Deletes expired results, and of each workspace all but the newest `kept`."""

    def __init__(self, database: Database, *, kept: int, interval_secs: float) -> None:
        self._database = database
        self._kept = kept
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due results; rows that cannot be deleted stay."""
        await self._remove(step_cache.drop_expired)
        async with self._database.read() as connection:
            crowded = await step_cache.crowded_workspaces(connection, self._kept)
        for workspace in crowded:
            await self._remove(partial(self._drop_surplus, workspace))
        return False

    async def _drop_surplus(self, workspace: str, connection: Connection, limit: int, skip: int) -> int:
        return await step_cache.drop_surplus(connection, workspace, self._kept, limit, skip)

    async def _remove(self, drop: Drop) -> None:
        await remove_rows(self._database, drop, _BATCH, "results of steps")

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
