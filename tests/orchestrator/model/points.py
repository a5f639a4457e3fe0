"""Points of a run at which a fault may strike: before each statement, before and after each commit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool

from stroem.store.database import Database

PLANNER = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
"""Settings of the connections of a server."""
Fault = Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]]
"""A fault at a point of a connection."""


class Points:
    """Counter of the points of a run. Faults strike at some of them, by number."""

    def __init__(self, faults: dict[int, Fault]) -> None:
        self._faults = faults
        self.passed = 0

    async def reach(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Passes a point."""
        fault = self._faults.pop(self.passed, None)
        self.passed += 1
        if fault is not None:
            await fault(connection)

    @property
    def struck(self) -> bool:
        """Whether all faults have struck."""
        return not self._faults


POINTS: ContextVar[Points | None] = ContextVar("POINTS", default=None)
"""The points of the run that the current task belongs to; None: its statements are not counted."""


class CountedCursor(psycopg.AsyncCursor[Any]):
    """A cursor that counts its statements as points."""

    async def execute(self, *args: Any, **options: Any) -> Any:
        points, connection = POINTS.get(), self.connection
        if points is None:
            return await super().execute(*args, **options)
        await points.reach(connection)
        await super().execute(*args, **options)
        if not connection.pgconn.pipeline_status and connection.info.transaction_status == TransactionStatus.IDLE:
            await points.reach(connection)  # it was committed at once
        return self


class CountedConnection(psycopg.AsyncConnection[Any]):
    """A connection whose statements and commits are points. Statements that are sent together end in one point."""

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[psycopg.AsyncPipeline]:
        async with super().pipeline() as pipeline:
            yield pipeline
        points = POINTS.get()
        if points is not None and self.info.transaction_status == TransactionStatus.IDLE:
            await points.reach(self)


@asynccontextmanager
async def counted_database(url: str) -> AsyncIterator[Database]:
    """A migrated database with connections that count points."""
    async with database_of(url, CountedConnection, cursor_factory=CountedCursor) as database:
        yield database


@asynccontextmanager
async def database_of(
    url: str, connections: type[psycopg.AsyncConnection[Any]], **options: Any
) -> AsyncIterator[Database]:
    """A migrated database with connections of this class."""
    await (await Database.open(url, pool_size=1)).close()
    pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
        url,
        connection_class=connections,
        kwargs={"autocommit": True, "prepare_threshold": 2, "options": PLANNER, **options},
        min_size=4,
        max_size=10,
        timeout=20,
        open=False,
    )
    await pool.open()
    yield Database(pool, url)
    await pool.close()
