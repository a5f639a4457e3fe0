"""Pruner of keys of limits that nothing uses."""

import logging

from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.limits import keys

_BATCH = 1000
_log = logging.getLogger(__name__)


class SlotPruner:
    """Deletes keys without slots, line and recent uses. A key that is needed again is made again."""

    def __init__(self, database: Database, *, interval_secs: float) -> None:
        self._database = database
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all unused keys."""

        async def drop(limit: int, skip: int) -> int:
            async with self._database.begin() as connection:
                return await keys.drop_unused(connection, limit, skip)

        if stay := await remove_all(drop, _BATCH):
            _log.error("%d keys of limits cannot be removed", stay)
        return False

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
