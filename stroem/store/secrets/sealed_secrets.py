"""Encrypted secrets of workspaces."""

import datetime
import uuid
from collections.abc import Collection, Sequence

import attrs

from stroem.store.statement import Connection, execute, fetch

_COLUMNS = "workspace, name, seal, key_id, data_key, value"


@attrs.frozen(kw_only=True)
class SealedRow:
    """An encrypted secret. `seal` is another id each time that the value changes."""

    workspace: str
    name: str
    seal: uuid.UUID
    key_id: str
    data_key: bytes = attrs.field(repr=False)
    value: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class SecretItem:
    """What is shown of a secret. `version` counts its values."""

    name: str
    version: int
    key_id: str
    created_at: datetime.datetime
    changed_at: datetime.datetime
    changed_by: str


async def put(connection: Connection, row: SealedRow, by: str) -> int:
    """Stores a secret, in the place of one of the same name; returns its version."""
    rows = await fetch(
        connection,
        """
        INSERT INTO secrets (workspace, name, seal, key_id, data_key, value, changed_by)
        VALUES (%(workspace)s, %(name)s, %(seal)s, %(key_id)s, %(data_key)s, %(value)s, %(by)s)
        ON CONFLICT (workspace, name) DO UPDATE SET
            seal = EXCLUDED.seal, key_id = EXCLUDED.key_id, data_key = EXCLUDED.data_key, value = EXCLUDED.value,
            changed_by = EXCLUDED.changed_by, changed_at = now(), version = secrets.version + 1
        RETURNING version
        """,
        {**attrs.asdict(row), "by": by},
    )
    return int(rows[0][0])


async def remove(connection: Connection, workspace: str, name: str) -> bool:
    """Deletes a secret; False if there is none."""
    return await execute(connection, "DELETE FROM secrets WHERE workspace = %s AND name = %s", (workspace, name)) > 0


async def list_items(
    connection: Connection, workspace: str, limit: int, offset: int
) -> tuple[tuple[SecretItem, ...], int]:
    """The secrets of a workspace by name, and their number."""
    rows = await fetch(
        connection,
        """
        SELECT name, version, key_id, created_at, changed_at, changed_by FROM secrets WHERE workspace = %s
        ORDER BY name LIMIT %s OFFSET %s
        """,
        (workspace, limit, offset),
    )
    [(total,)] = await fetch(connection, "SELECT count(*) FROM secrets WHERE workspace = %s", (workspace,))
    names = [field.name for field in attrs.fields(SecretItem)]
    return tuple(SecretItem(**dict(zip(names, row, strict=True))) for row in rows), int(total)


async def read(connection: Connection, workspace: str, names: Collection[str]) -> list[SealedRow]:
    """The secrets of a workspace with these names."""
    rows = await fetch(
        connection,
        f"SELECT {_COLUMNS} FROM secrets WHERE workspace = %s AND name = ANY(%s)",  # noqa: S608 - a constant
        (workspace, list(names)),
    )
    return [_row(row) for row in rows]


async def wrapped_otherwise(connection: Connection, key_id: str, after: tuple[str, str], limit: int) -> list[SealedRow]:
    """Locks the next secrets, by workspace and name, whose data key another key encrypts."""
    rows = await fetch(
        connection,
        f"""
        SELECT {_COLUMNS} FROM secrets WHERE key_id <> %s AND (workspace, name) > (%s, %s)
        ORDER BY workspace, name LIMIT %s FOR UPDATE
        """,  # noqa: S608 - a constant
        (key_id, *after, limit),
    )
    return [_row(row) for row in rows]


async def rewrap(connection: Connection, row: SealedRow) -> None:
    """Replaces the encrypted data key of a locked secret."""
    await execute(
        connection,
        "UPDATE secrets SET key_id = %(key_id)s, data_key = %(data_key)s WHERE workspace = %(workspace)s"
        " AND name = %(name)s AND seal = %(seal)s",
        {name: value for name, value in attrs.asdict(row).items() if name != "value"},
    )


def _row(row: Sequence[object]) -> SealedRow:
    workspace, name, seal, key_id, data_key, value = row
    return SealedRow(
        workspace=str(workspace),
        name=str(name),
        seal=seal,  # type: ignore[arg-type]
        key_id=str(key_id),
        data_key=bytes(data_key),  # type: ignore[call-overload]
        value=bytes(value),  # type: ignore[call-overload]
    )
