"""Full windows of rates that open again."""

import logging
from collections.abc import Sequence

from stroem.store.batch_isolation import isolate
from stroem.store.database import Database
from stroem.store.limits import keys, slots

_BATCH = 100
_PUT_OFF_SECS = 60.0
_log = logging.getLogger(__name__)


class RateWindows:
    """Gives slots to the owners that wait for the window of a rate. Any server may do it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self) -> None:
        """Opens the windows that are due; the owners get messages. A bad key does not stop the others."""
        async with self._database.read() as connection:
            opening = await keys.opening_keys(connection, _BATCH)
        await isolate(opening, self._open, self._put_off)

    async def _open(self, opening: Sequence[str]) -> None:
        async with self._database.begin() as connection:
            await slots.lock_keys(connection, dict.fromkeys(opening))
            await slots.grant(connection, opening)

    async def _put_off(self, key: str, error: Exception) -> None:
        _log.error("the window of the limit %s cannot be opened", key, exc_info=error)
        async with self._database.begin() as connection:
            await keys.close_windows(connection, key, _PUT_OFF_SECS)
