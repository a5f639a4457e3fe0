"""The database is migrated once and opened by many."""

import asyncio
import importlib.resources

from stroem.store.database import Database
from stroem.store.statement import execute, fetch


async def test_servers_that_start_together_migrate_once(database_url: str) -> None:
    opened = await asyncio.gather(*(Database.open(database_url) for _ in range(4)))
    async with opened[0].read() as connection:
        rows = await fetch(connection, "SELECT name FROM migrations ORDER BY name")
    for database in opened:
        await database.close()
    files = importlib.resources.files("stroem.store") / "migrations"
    assert [row[0] for row in rows] == sorted(file.name for file in files.iterdir() if file.name.endswith(".sql"))


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    try:
        async with database.begin() as connection:
            await execute(connection, "INSERT INTO workspaces (name) VALUES ('a')")
            raise LookupError
    except LookupError:
        pass
    async with database.read() as connection:
        assert await fetch(connection, "SELECT count(*) FROM workspaces") == [(0,)]
