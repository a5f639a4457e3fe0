"""Pruner of snapshots whose steps never reported an outcome."""

from stroem.orchestrator.retention.removal import remove_rows
from stroem.store import blob_garbage
from stroem.store.database import Database
from stroem.store.state import staging
from stroem.store.statement import Connection

_BATCH = 200
_HOURS = 24


class StatePruner:
    """Deletes snapshots that were not published within a day: their steps were cancelled or lost."""

    def __init__(self, database: Database, *, interval_secs: float) -> None:
        self._database = database
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due snapshots; their blobs are left to the garbage collector."""
        await remove_rows(self._database, _drop, _BATCH, "snapshots of state")
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs


async def _drop(connection: Connection, limit: int, skip: int) -> int:
    blobs = await staging.drop_staged(connection, _HOURS, limit, skip)
    await blob_garbage.add(connection, set(blobs))
    return len(blobs)
