"""Pruner of keys of limits that nothing uses."""

from stroem.orchestrator.retention.removal import remove_rows
from stroem.store.database import Database
from stroem.store.limits import keys

_BATCH = 1000


class SlotPruner:
    """Deletes keys without slots, line and recent uses. A key that is needed again is made again."""

    def __init__(self, database: Database, *, interval_secs: float) -> None:
        self._database = database
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all unused keys."""
        await remove_rows(self._database, keys.drop_unused, _BATCH, "keys of limits")
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
