"""SQL statements on a connection.

In a transaction, statements whose answers nobody waits for are deferred, and sent together with the next one.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import attrs
import orjson
import psycopg
from psycopg.rows import dict_row

Connection: TypeAlias = psycopg.AsyncConnection[Any]
"""Type of a pooled connection."""

Cursor: TypeAlias = psycopg.AsyncCursor[Any]
"""Type of a cursor of such a connection."""

Parameters = Sequence[Any] | Mapping[str, Any] | None


class Numbered(str):
    """A statement with the parameters $1, $2, …, which the driver need not look for.

    For long ones: the driver does not cache what it finds in more than 4096 characters.
    """

    __slots__ = ()


Statement = tuple[str, Parameters]
"""A statement and its parameters."""

Check = Callable[[Sequence[Any]], None]
"""A check of the first row of an answer. Raises to refuse it."""


class WithCommit(Protocol):
    """A statement that is sent with the commit of a transaction."""

    def statement(self) -> Statement | None:
        """The statement, or None if there is none any more. `end` follows each."""
        ...

    def end(self, rows: int) -> None:
        """Takes note of how many rows the committed statement has affected; none if the transaction has failed."""
        ...


WITH_COMMIT: ContextVar[WithCommit | None] = ContextVar("with_commit", default=None)
"""What goes with the next commit of this context."""

_Waiting = list[tuple[Statement, Check | None]]
_BEGIN: tuple[Statement, Check | None] = (("BEGIN", None), None)
_WAITING: WeakKeyDictionary[Connection, _Waiting] = WeakKeyDictionary()
"""Statements to be sent with the next one, by connection with an open transaction."""


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[None]:
    """A transaction: committed at the end, rolled back on any exception. An unused one costs nothing."""
    _WAITING[connection] = [_BEGIN]
    try:
        yield
        if any(check is not None for _, check in _WAITING[connection]):
            await send(connection, [])  # a check must not fail after the commit
        if _WAITING[connection] != [_BEGIN]:
            await _commit(connection)
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            await connection.rollback()
        raise
    finally:
        del _WAITING[connection]


async def _commit(connection: Connection) -> None:
    companion = WITH_COMMIT.get()
    statement = None if companion is None else companion.statement()
    if companion is None or statement is None:
        await send(connection, [("COMMIT", None)])
        return
    rows = 0
    try:
        cursor, _ = await send(connection, [statement, ("COMMIT", None)])
        rows = cursor.rowcount
    finally:
        companion.end(rows)


async def defer(connection: Connection, statement: Statement, check: Check | None = None) -> None:
    """Executes a statement of a transaction together with the next one, or before the commit.

    Errors and those of `check` are raised then. Outside of a transaction it is executed at once.
    """
    if connection in _WAITING:
        _WAITING[connection].append((statement, check))
        return
    await _checked((await _execute(connection, [statement]))[0], check)


async def send(connection: Connection, statements: Sequence[Statement]) -> list[Cursor]:
    """Executes the deferred statements and then these, sent together; returns a cursor for each of these."""
    waiting: _Waiting = []
    if connection in _WAITING:
        waiting, _WAITING[connection] = _WAITING[connection], []
    cursors = await _execute(connection, [*(statement for statement, _ in waiting), *statements])
    for cursor, (_, check) in zip(cursors, waiting, strict=False):
        await _checked(cursor, check)
    return cursors[len(waiting) :]


async def _execute(connection: Connection, statements: Sequence[Statement]) -> list[Cursor]:
    if len(statements) == 1:
        return [await _execute_one(connection, *statements[0])]
    async with connection.pipeline():
        return [await _execute_one(connection, *statement) for statement in statements]


async def _execute_one(connection: Connection, sql: str, parameters: Parameters) -> Cursor:
    cursor = psycopg.AsyncRawCursor(connection) if isinstance(sql, Numbered) else connection.cursor()
    return await cursor.execute(sql.encode(), parameters)


async def _checked(cursor: Cursor, check: Check | None) -> None:
    if check is not None:
        check(await cursor.fetchone() or ())


async def fetch(connection: Connection, sql: str, parameters: Parameters = None) -> list[Any]:
    """Rows of a statement, as tuples."""
    (cursor,) = await send(connection, [(sql, parameters)])
    return await cursor.fetchall()


async def fetch_named(connection: Connection, sql: str, parameters: Parameters = None) -> list[dict[str, Any]]:
    """Rows of a statement, by column name."""
    (cursor,) = await send(connection, [(sql, parameters)])
    cursor.row_factory = dict_row
    return await cursor.fetchall()


def columns(row: type[attrs.AttrsInstance]) -> str:
    """Names of a row class's fields, as the columns of a SELECT."""
    return ", ".join(field.name for field in attrs.fields(row))


async def execute(connection: Connection, sql: str, parameters: Parameters = None) -> int:
    """Executes a statement; returns the number of affected rows."""
    (cursor,) = await send(connection, [(sql, parameters)])
    return cursor.rowcount


def records(rows: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """Rows as the parameters of `(SELECT * FROM json_to_recordset(%s::json) AS … LIMIT %s)`; text must be `storable`.

    One parameter costs less than an array for each column, and the limit gives the planner the number of rows.
    """
    return orjson.dumps(rows).decode(), len(rows)


def raw(json_text: str | None) -> orjson.Fragment | None:
    """JSON text inserted into `records` unchanged."""
    return None if json_text is None else orjson.Fragment(json_text)


def storable(text: str | None) -> str | None:
    """Text without NUL and lone surrogates, which PostgreSQL cannot store."""
    return None if text is None else text.replace("\0", "�").encode(errors="replace").decode()
