"""Pruner of old releases, unused libraries and unused plans."""

import logging
from collections.abc import Awaitable, Callable

from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.jobs import plans
from stroem.store.statement import Connection
from stroem.store.workspaces import libraries, release_retention

_BATCH = 200
_log = logging.getLogger(__name__)


class ReleasePruner:
    """Keeps the newest and the referenced releases of each workspace, and libraries and plans in use."""

    def __init__(self, database: Database, *, kept: int, interval_secs: float) -> None:
        self._database = database
        self._kept = kept
        self._interval_secs = interval_secs

    async def run_once(self) -> bool:
        """Deletes all due releases, libraries and plans; rows that cannot be deleted stay."""
        await self._drop(
            "releases",
            lambda connection, *which: release_retention.drop_releases(connection, self._kept, *which),
        )
        await self._drop("libraries", libraries.forget_libraries)
        await self._drop("plans", plans.drop_unused_plans)
        return False

    async def _drop(self, what: str, drop: Callable[[Connection, int, int], Awaitable[int]]) -> None:
        async def drop_some(limit: int, skip: int) -> int:
            async with self._database.begin() as connection:
                return await drop(connection, limit, skip)

        if stay := await remove_all(drop_some, _BATCH):
            _log.error("%d %s cannot be dropped", stay, what)

    async def pause_secs(self) -> float:
        """The interval."""
        return self._interval_secs
