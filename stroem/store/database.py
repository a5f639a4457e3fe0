"""The way to PostgreSQL: a pool of connections, and transactions on them."""

import importlib.resources
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self, TypeAlias

import orjson
import psycopg
from psycopg.types.json import set_json_dumps, set_json_loads
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Connection: TypeAlias = AsyncConnection
"""A connection of the pool, as the verbs of the store take it."""

_MIGRATION_LOCK = 0x5354524F454D

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)


def _libpq_address(url: str) -> str:
    """The address as libpq reads it, without the driver that SQLAlchemy's notation may name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


class Database:
    """PostgreSQL, migrated to this version."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        self._engine = engine
        self._url = url

    @classmethod
    async def open(cls, url: str, *, pool_size: int = 10) -> Self:
        """Connects and migrates. Several servers may open one database at the same time."""
        await _migrate(_libpq_address(url))
        engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=lambda: psycopg.AsyncConnection.connect(_libpq_address(url)),
            pool_size=pool_size,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=30,
            skip_autocommit_rollback=True,
        )
        return cls(engine, _libpq_address(url))

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end, rolled back on any exception."""
        async with self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which every statement stands for itself."""
        async with self._engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def hear(self, channel: str) -> AsyncIterator[str]:
        """What is notified on a channel, from now on, over a connection of its own. Ends when that breaks."""
        try:
            async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {channel}".encode())
                async for notification in connection.notifies():
                    yield notification.payload
        except (psycopg.OperationalError, OSError):
            return


async def _migrate(url: str) -> None:
    """Applies, in order and each once, the numbered files of `migrations`."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await (await connection.execute("SELECT name FROM migrations")).fetchall()
        applied = {row[0] for row in rows}
        folder = importlib.resources.files("stroem.store") / "migrations"
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".sql") and file.name not in applied:
                await connection.execute(file.read_text().encode())
                await connection.execute("INSERT INTO migrations (name) VALUES (%s)", (file.name,))
