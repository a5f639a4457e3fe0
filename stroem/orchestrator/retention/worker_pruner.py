"""Workers that are gone, removed from the list."""

from stroem.store.database import Database
from stroem.store.isolation import remove_all
from stroem.store.jobs import workers

_BATCH = 200


class WorkerPruner:
    """Removes workers whose lease has been over for `hours`. One that comes back registers again."""

    def __init__(self, database: Database, *, hours: int, interval_secs: float) -> None:
        self._database = database
        self._hours = hours
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Removes all that are due."""

        async def remove(limit: int, skip: int) -> int:
            async with self._database.read() as connection:
                return await workers.forget_workers(connection, self._hours, limit, skip)

        await remove_all(remove, _BATCH)
        return False

    async def pause_secs(self) -> float:
        """True when no caller waits for it."""
        return self._interval_secs
