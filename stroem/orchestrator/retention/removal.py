"""Removal of rows in batches."""

import logging
from collections.abc import Awaitable, Callable

from stroem.store.batch_isolation import remove_all
from stroem.store.database import Database
from stroem.store.statement import Connection

Drop = Callable[[Connection, int, int], Awaitable[int]]
"""Deletes up to a number of rows, behind a number of others that stay; returns how many it has deleted."""
_log = logging.getLogger(__name__)


async def remove_rows(database: Database, drop: Drop, batch: int, what: str) -> None:
    """Deletes rows batch after batch, each in a transaction. Those that cannot be deleted stay, and are logged."""

    async def drop_some(limit: int, skip: int) -> int:
        async with database.begin() as connection:
            return await drop(connection, limit, skip)

    if stay := await remove_all(drop_some, batch):
        _log.error("%d %s cannot be removed", stay, what)
