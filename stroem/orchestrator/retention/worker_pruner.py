"""Pruner of inactive workers."""

from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.jobs import workers

_BATCH = 200


class WorkerPruner:
    """Deletes workers inactive for `hours`. A worker that comes back registers again."""

    def __init__(self, database: Database, *, hours: int, interval_secs: float) -> None:
        self._database = database
        self._hours = hours
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due workers."""

        async def remove(limit: int, skip: int) -> int:
            async with self._database.read() as connection:
                return await workers.forget_workers(connection, self._hours, limit, skip)

        await remove_all(remove, _BATCH)
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
