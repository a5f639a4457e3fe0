"""SQL statements on a connection: written by hand, or composed with SQLAlchemy for optional filters."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import orjson
import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row
from sqlalchemy.dialects.postgresql import psycopg as dialect

Connection: TypeAlias = psycopg.AsyncConnection[Any]
"""Type of a pooled connection."""

Parameters = Sequence[Any] | Mapping[str, Any] | None

_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]


async def fetch(connection: Connection, sql: str, parameters: Parameters = None) -> list[Any]:
    """Rows of a statement, as tuples."""
    cursor = await connection.execute(sql.encode(), parameters)
    return await cursor.fetchall()


async def fetch_named(connection: Connection, sql: str, parameters: Parameters = None) -> list[dict[str, Any]]:
    """Rows of a statement, by column name."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql.encode(), parameters)
        return await cursor.fetchall()


async def select(connection: Connection, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    """Rows of a composed statement, by column name."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    return await fetch_named(connection, str(compiled), compiled.params)


async def execute(connection: Connection, sql: str, parameters: Parameters = None) -> int:
    """Executes a statement; returns the number of affected rows."""
    return (await connection.execute(sql.encode(), parameters)).rowcount


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
