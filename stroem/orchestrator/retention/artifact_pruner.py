"""Pruner of expired artifacts, and of those that never counted."""

import logging
from collections.abc import Awaitable, Callable

from stroem.store.artifacts import retention
from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.statement import Connection

_BATCH = 500
_log = logging.getLogger(__name__)


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
        await self._drop(retention.check_artifacts)
        await self._drop(retention.drop_expired)
        if (days := self._days) is not None:
            await self._drop(lambda connection, limit, skip: retention.drop_old(connection, days, limit, skip))
        return False

    async def _drop(self, drop: Callable[[Connection, int, int], Awaitable[int]]) -> None:
        async def drop_some(limit: int, skip: int) -> int:
            async with self._database.begin() as connection:
                return await drop(connection, limit, skip)

        if stay := await remove_all(drop_some, _BATCH):
            _log.error("%d artifacts cannot be checked or removed", stay)

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
