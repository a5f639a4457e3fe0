"""Fixtures that every room uses: a real PostgreSQL for the session, a fresh database for each test."""

import os
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from stroem.store.database import Database
from stroem.store.embedded import EmbeddedPostgres
from tests.support.left_out import LeftOut
from tests.support.processes import UMASK

# How long an example takes says more of the machine than of the code.
settings.register_profile("stroem", deadline=None)
settings.load_profile("stroem")


def pytest_configure(config: pytest.Config) -> None:
    """Counts the slow tests that `make test` leaves out."""
    if config.option.markexpr == "not slow":
        config.pluginmanager.register(LeftOut())


@pytest.fixture(autouse=True)
def own_umask() -> Iterator[None]:
    """Restores the umask: commands that run inside a test or a fixture of the session change it."""
    os.umask(UMASK)
    yield
    os.umask(UMASK)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an embedded PostgreSQL that does not wait for the disk.

    Its folder is not one of pytest's: those are closed to other users, and as root PostgreSQL runs as another user.
    """
    with tempfile.TemporaryDirectory(prefix="stroem-pg-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "data")
        url = server.start()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield url
        server.stop()


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """The address of a fresh, empty database."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield postgres.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database."""
    opened = await Database.open(database_url)
    yield opened
    await opened.close()
