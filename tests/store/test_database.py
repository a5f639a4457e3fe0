"""The database is migrated once and opened by many."""

import asyncio

from stroem.store.database import Database


async def test_servers_that_start_together_migrate_once(database_url: str) -> None:
    opened = await asyncio.gather(*(Database.open(database_url) for _ in range(4)))
    async with opened[0].read() as connection:
        rows = (await connection.exec_driver_sql("SELECT name FROM migrations")).all()
    assert [row[0] for row in rows] == ["0001_initial.sql"]
    for database in opened:
        await database.close()


async def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    try:
        async with database.begin() as connection:
            await connection.exec_driver_sql("INSERT INTO workspaces (name) VALUES ('a')")
            raise LookupError
    except LookupError:
        pass
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("SELECT count(*) FROM workspaces")).scalar() == 0
