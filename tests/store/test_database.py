"""The database is migrated once and opened by many."""

import asyncio
import importlib.metadata
import importlib.resources

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from stroem.errors import DatabaseFailed, Unavailable
from stroem.store.database import Database
from stroem.store.statement import execute, fetch
from tests.support.wait import eventually


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


async def test_migrations_say_which_version_applied_them(database: Database) -> None:
    async with database.read() as connection:
        rows = await fetch(connection, "SELECT DISTINCT version FROM migrations")
    assert rows == [(importlib.metadata.version("stroem"),)]


@pytest.mark.parametrize(("version", "told"), [("7.8.9", "version 7.8.9 of Strøm"), (None, "a newer version of Strøm")])
async def test_a_database_of_a_newer_version_is_refused_as_it_is(
    database_url: str, version: str | None, told: str
) -> None:
    await (await Database.open(database_url)).close()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("DELETE FROM migrations WHERE name LIKE '0001%'")
        await connection.execute("INSERT INTO migrations (name, version) VALUES ('9999_later.sql', %s)", (version,))
        with pytest.raises(DatabaseFailed, match=told) as refused:
            await Database.open(database_url)
        assert "9999_later.sql" in str(refused.value)
        rows = await fetch(connection, "SELECT count(*) FROM migrations WHERE name LIKE '0001%'")
    assert rows == [(0,)], "nothing was migrated"


async def test_migrations_of_before_versions_were_kept_are_known(database_url: str) -> None:
    await (await Database.open(database_url)).close()
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("ALTER TABLE migrations DROP COLUMN version")
    await (await Database.open(database_url)).close()


async def test_a_cancellation_is_not_lost_when_a_connection_comes_at_the_same_moment(database_url: str) -> None:
    database = await Database.open(database_url, pool_size=1)
    finished: list[int] = []

    async def use(number: int) -> None:
        async with database.read() as connection:
            await execute(connection, "SELECT 1")
        finished.append(number)

    try:
        for number in range(30):
            async with database.read():
                waiting = asyncio.create_task(use(number))
                for _ in range(number):
                    await asyncio.sleep(0)
            was_cancelled = waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert waiting.cancelled() or not was_cancelled
    finally:
        await database.close()
    assert len(finished) < 30


async def test_no_connection_is_lost_when_a_user_is_cancelled_as_it_returns_one(database_url: str) -> None:
    database = await Database.open(database_url, pool_size=1)
    pool = database._pool

    async def use() -> None:
        async with database.read() as connection:
            await execute(connection, "SELECT 1")
            await pool._lock.acquire()  # others are in the pool: the connection cannot be returned at once

    try:
        for _ in range(3):
            user = asyncio.create_task(use())
            await eventually(lambda: pool._lock._waiters, "the user returns its connection")
            user.cancel()
            with pytest.raises(asyncio.CancelledError):
                await user
            pool._lock.release()
            await eventually(lambda: pool.get_stats()["pool_available"] == 1, "the connection is back")
    finally:
        await database.close()


async def test_who_waited_since_an_outage_that_is_over_tells_of_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    may_fail, get_connection = asyncio.Event(), database._pool.getconn

    async def no_connection() -> None:
        await may_fail.wait()
        raise PoolTimeout("couldn't get a connection")

    async def read() -> None:
        async with database.read():
            pass

    monkeypatch.setattr(database._pool, "getconn", no_connection)
    early, late = asyncio.create_task(read()), asyncio.create_task(read())
    await asyncio.sleep(0)
    monkeypatch.setattr(database._pool, "getconn", get_connection)
    database._note_away(PoolTimeout("no connection"), asyncio.get_running_loop().time())
    await read()
    may_fail.set()
    for waiting in (early, late):
        with pytest.raises(Unavailable):
            await waiting
    told = [record.getMessage().partition(":")[0].partition(" after")[0] for record in caplog.records]
    assert told == ["PostgreSQL is away", "PostgreSQL is back"]
