"""Hand-written SQL, in psycopg's notation, on a connection of the pool."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

Parameters = Sequence[Any] | Mapping[str, Any] | None


async def fetch(connection: AsyncConnection, sql: str, parameters: Parameters = None) -> Sequence[Any]:
    """The rows that a statement gives."""
    result = await connection.exec_driver_sql(sql, parameters)
    rows: Sequence[Any] = result.all()
    return rows


async def execute(connection: AsyncConnection, sql: str, parameters: Parameters = None) -> int:
    """How many rows a statement has touched."""
    result = await connection.exec_driver_sql(sql, parameters)
    return result.rowcount
