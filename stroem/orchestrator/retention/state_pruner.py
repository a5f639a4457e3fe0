"""Pruner of snapshots whose steps never reported an outcome."""

import logging

from stroem.store import blob_garbage
from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.state import staging

_BATCH = 200
_HOURS = 24
_log = logging.getLogger(__name__)


class StatePruner:
    """Deletes snapshots that were not published within a day: their steps were cancelled or lost."""

    def __init__(self, database: Database, *, interval_secs: float) -> None:
        self._database = database
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due snapshots; their blobs are left to the garbage collector."""

        async def drop(limit: int, skip: int) -> int:
            async with self._database.begin() as connection:
                blobs = await staging.drop_staged(connection, _HOURS, limit, skip)
                await blob_garbage.add(connection, set(blobs))
            return len(blobs)

        if stay := await remove_all(drop, _BATCH):
            _log.error("%d snapshots of state cannot be removed", stay)
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
