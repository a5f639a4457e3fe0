"""Access to PostgreSQL: a pool of connections, and transactions on them."""

import asyncio
import importlib.metadata
import importlib.resources
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import orjson
import psycopg
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from stroem.errors import DatabaseFailed, Unavailable
from stroem.store.first_connection import first_connection, refusals_told
from stroem.store.statement import Connection, transaction

_MIGRATION_LOCK = 0x5354524F454D
_IDLE_CONNECTIONS = 2
_WAIT_SECS = 5.0
_RECONNECT_SECS = 1.5  # then whoever asks next has it tried anew; waits between tries would grow
_PREPARE_AFTER = 2
_SETTINGS = (
    "plan_cache_mode = force_generic_plan",
    "enable_seqscan = off",
    "enable_hashjoin = off",
    "enable_mergejoin = off",
    "jit = off",
)

set_json_dumps(orjson.dumps)
set_json_loads(orjson.loads)

_log = logging.getLogger(__name__)
logging.getLogger("psycopg").setLevel(logging.ERROR)  # it warns of pipelines that end with their connection
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # it tells of each try to connect again

Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]


def _libpq_address(url: str) -> str:
    """The address in libpq's form, without the driver that SQLAlchemy's notation may name."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


class Database:
    """PostgreSQL, migrated to this version. During an outage, callers get `Unavailable`."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self._url = url
        self.outages = 0
        """Number of outages found so far."""
        self._away_since: float | None = None
        self._back_at = 0.0

    @classmethod
    async def open(cls, url: str, *, pool_size: int = 10, wait_secs: float = 0) -> Self:
        """Connects and migrates, waiting up to `wait_secs` for the database. Raises `DatabaseFailed`.

        Several servers may open one database at the same time.
        """
        address = _libpq_address(url)
        await _migrate(address, wait_secs)
        pool: Pool = AsyncConnectionPool(
            address,
            kwargs={"autocommit": True, "prepare_threshold": _PREPARE_AFTER},
            min_size=min(_IDLE_CONNECTIONS, pool_size),
            max_size=pool_size,
            timeout=_WAIT_SECS,
            reconnect_timeout=_RECONNECT_SECS,
            configure=_configure,
            open=False,
        )
        await pool.open()
        return cls(pool, address)

    async def close(self) -> None:
        """Closes all connections."""
        await self._pool.close()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Connection]:
        """A transaction: committed at the end, rolled back on any exception."""
        async with self.read() as connection, transaction(connection):
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection in autocommit mode: each statement is a transaction of its own."""
        connection: Connection | None = None
        task = asyncio.current_task()
        cancellations = task.cancelling() if task else 0
        asked_at = time.monotonic()
        try:
            connection = await self._pool.getconn()
            try:
                if task is not None and task.cancelling() > cancellations:
                    raise asyncio.CancelledError  # the pool loses one that comes together with a connection
                yield connection
                if self._away_since is not None:
                    self._note_back()
            finally:
                # The pool loses a connection when the task that returns it is cancelled.
                await asyncio.shield(self._pool.putconn(connection))
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from error  # psycopg answers a cancellation on a dead connection so
            if connection is None or connection.closed:
                self.outages += 1
                self._note_away(error, asked_at)
                await self._pool.check()
                raise Unavailable(message=f"The database is away: {error}".strip()) from error
            raise

    def _note_away(self, error: Exception, asked_at: float) -> None:
        """Tells of an outage, unless the request was made in one that has ended since."""
        if self._away_since is None and asked_at >= self._back_at:
            self._away_since = time.monotonic()
            _log.error("PostgreSQL is away: %s", " ".join(str(error).split()))

    def _note_back(self) -> None:
        if self._away_since is not None:
            _log.warning("PostgreSQL is back after %.0f s", time.monotonic() - self._away_since)
            self._away_since = None
            self._back_at = time.monotonic()

    async def hear(self, channel: str) -> AsyncIterator[str | None]:
        """Payloads notified on a channel from the first item on, which is None, over a separate connection.

        Ends when that breaks.
        """
        try:
            async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {channel}".encode())
                yield None
                async for notification in connection.notifies():
                    yield notification.payload
        except (psycopg.OperationalError, OSError):
            return


async def _configure(connection: Connection) -> None:
    """Sets the planner's options of a connection.

    The statements are few and made for their indexes: they are planned once, not again for each value, and a plan made
    while the tables were small must not be one that reads them whole when they have grown. Nothing is compiled: what
    such a plan costs by estimate is no measure of its time, and compiling takes longer than most statements.
    """
    for setting in _SETTINGS:
        await connection.execute(f"SET {setting}".encode())


async def _migrate(url: str, wait_secs: float) -> None:
    """Applies the numbered files of `migrations`, in order and each once."""
    with refusals_told(url):
        async with await first_connection(url, wait_secs) as connection:
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations"
                " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            await connection.execute("ALTER TABLE migrations ADD COLUMN IF NOT EXISTS version text")
            rows = await (await connection.execute("SELECT name, version FROM migrations")).fetchall()
            folder = importlib.resources.files("stroem.store") / "migrations"
            files = {file.name: file for file in folder.iterdir() if file.name.endswith(".sql")}
            applied = dict(rows)
            _refuse_newer({name: applied[name] for name in applied if name not in files})
            for name in sorted(files):
                if name not in applied:
                    await connection.execute(files[name].read_text().encode())
                    row = (name, importlib.metadata.version("stroem"))
                    await connection.execute("INSERT INTO migrations (name, version) VALUES (%s, %s)", row)


def _refuse_newer(unknown: Mapping[str, str | None]) -> None:
    """Raises `DatabaseFailed` if the database has unknown migrations, which it names with their version."""
    if not unknown:
        return
    last = max(unknown)
    own = importlib.metadata.version("stroem")
    writer = f"version {unknown[last]} of Strøm" if unknown[last] else "a newer version of Strøm"
    raise DatabaseFailed(
        message=f"The database was written by {writer}, and this is {own}, which does not know its migration {last}. "
        "Run that version or a later one, or restore the backup from before the upgrade"
    )
