"""Encrypted JSON values in columns of other tables, whose keys change."""

from typing import Any

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.store.statement import Connection, execute, fetch

SEALED = "$sealed"
"""The key of a stored object whose value is an envelope in base64."""


@attrs.frozen(kw_only=True)
class SealedColumn:
    """A column of such values, and the columns that are authenticated with them. The table has an `id`."""

    table: str
    column: str
    identity: tuple[str, ...]


async def sealed_otherwise(
    connection: Connection, where: SealedColumn, start: str, after: int, limit: int
) -> list[tuple[int, Json, tuple[Any, ...]]]:
    """Locks the next rows, by id, whose value begins otherwise in base64; returns id, value and identity."""
    identity = ", ".join(where.identity)
    rows = await fetch(
        connection,
        f"""
        SELECT id, {where.column}, {identity} FROM {where.table}
        WHERE id > %s AND {where.column} ->> %s IS NOT NULL AND left({where.column} ->> %s, %s) <> %s
        ORDER BY id LIMIT %s FOR NO KEY UPDATE
        """,  # noqa: S608 - names of columns
        (after, SEALED, SEALED, len(start), start, limit),
    )
    return [(row[0], row[1], tuple(row[2:])) for row in rows]


async def reseal(connection: Connection, where: SealedColumn, number: int, value: Json) -> None:
    """Replaces an encrypted value of a locked row."""
    query = f"UPDATE {where.table} SET {where.column} = %s WHERE id = %s"  # noqa: S608 - names of columns
    await execute(connection, query, (orjson.dumps(value).decode(), number))
