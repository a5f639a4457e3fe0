"""The first connection to the database."""

import asyncio
import logging
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from stroem.errors import DatabaseFailed
from stroem.store.database import Database
from stroem.store.embedded import EmbeddedPostgres
from stroem.store.first_connection import place_of

PASSWORD = "not-to-be-shown"


async def failure(url: str, wait_secs: float = 0) -> str:
    with pytest.raises(DatabaseFailed) as caught:
        await Database.open(url, wait_secs=wait_secs)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


async def test_one_that_is_away_is_told_with_its_address_and_the_next_step() -> None:
    told = await failure(f"postgresql+psycopg://ada:{PASSWORD}@127.0.0.1:1/jobs")
    assert "postgresql://ada@127.0.0.1:1/jobs cannot be reached: Connection refused" in told
    assert "db.url" in told


async def test_one_that_is_missing_is_told_at_once(postgres: str) -> None:
    told = await failure(make_conninfo(postgres, dbname="nothing"), wait_secs=3600)
    assert "There is no database 'nothing'" in told
    assert "createdb" in told


async def test_one_that_refuses_the_user_is_told_at_once(postgres: str) -> None:
    told = await failure(make_conninfo(postgres, user="stranger", password=PASSWORD), wait_secs=3600)
    assert "refuses the user: " in told
    assert '"stranger"' in told


async def test_one_whose_user_may_not_make_tables_is_told(postgres: str, database_url: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE reader LOGIN"))
    try:
        told = await failure(make_conninfo(database_url, user="reader"))
        assert "permission denied" in told
        assert "must own the tables" in told
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP ROLE reader"))


@pytest.mark.parametrize("url", [f"https://x:{PASSWORD}@host/x", f"postgresql://x:{PASSWORD}@[host/x"])
async def test_what_is_no_address_is_told_without_it(url: str) -> None:
    assert "db.url is no address of a database" in await failure(url)


def test_a_place_has_no_password() -> None:
    assert place_of(f"postgresql://ada:{PASSWORD}@db:5433/jobs?sslmode=require") == "postgresql://ada@db:5433/jobs"
    assert place_of("postgresql://ada@/jobs?host=/run/pg") == "postgresql://ada@/run/pg/jobs"


@pytest.mark.slow("waits for a timeout or a retry")
async def test_one_that_comes_later_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """The data folder is there, its server stands still until the wait is told."""
    with tempfile.TemporaryDirectory(prefix="stroem-late-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "data")
        url = await asyncio.to_thread(server.start)
        await asyncio.to_thread(server.stop)
        waiting = asyncio.Event()

        class Heard(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                waiting.set()

        heard, logger = Heard(), logging.getLogger("stroem.store.first_connection")
        logger.addHandler(heard)
        try:
            opening = asyncio.create_task(Database.open(url, wait_secs=3600))
            await waiting.wait()
            await asyncio.to_thread(server.start)
            await (await opening).close()
        finally:
            logger.removeHandler(heard)
            await asyncio.to_thread(server.stop)
    assert [record.getMessage().split(" (")[0].split(" is ")[1][:4] for record in caplog.records] == ["away", "ther"]
