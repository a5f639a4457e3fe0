"""Published snapshots."""

import datetime
import uuid

import attrs

from stroem.store.state.scopes import StateScope
from stroem.store.statement import Connection, fetch, fetch_named

_COLUMNS = """
    id, workspace, task, number, job_id, step_name, made_by, blob, size_bytes, document IS NOT NULL AS has_json,
    conflict, created_at
    """
_OF_SCOPE = f"""
    SELECT {_COLUMNS} FROM state_snapshots
    WHERE workspace = %(workspace)s AND task = %(task)s AND number IS NOT NULL
    """  # noqa: S608 - a constant


@attrs.frozen(kw_only=True)
class SnapshotRow:
    """A published snapshot. `blob` is the SHA-256 of its archive; `made_by` the author of an upload."""

    id: uuid.UUID
    workspace: str
    task: str
    number: int
    job_id: uuid.UUID
    step_name: str | None
    made_by: str | None
    blob: str
    size_bytes: int
    has_json: bool
    conflict: bool
    created_at: datetime.datetime


def _values(scope: StateScope, **more: object) -> dict[str, object]:
    return {"workspace": scope.workspace, "task": scope.task, **more}


async def list_snapshots(connection: Connection, scope: StateScope) -> list[SnapshotRow]:
    """All kept snapshots of a scope, newest first."""
    rows = await fetch_named(connection, f"{_OF_SCOPE} ORDER BY number DESC", _values(scope))
    return [SnapshotRow(**row) for row in rows]


async def get_snapshot(connection: Connection, scope: StateScope, number: int) -> SnapshotRow | None:
    """A snapshot by its number."""
    rows = await fetch_named(connection, f"{_OF_SCOPE} AND number = %(number)s", _values(scope, number=number))
    return SnapshotRow(**rows[0]) if rows else None


async def find_snapshot(
    connection: Connection, scope: StateScope, snapshot: uuid.UUID | None = None
) -> SnapshotRow | None:
    """The snapshot with this id, or the latest one if there is no such."""
    sql = f"{_OF_SCOPE} ORDER BY id IS NOT DISTINCT FROM %(id)s DESC, number DESC LIMIT 1"
    rows = await fetch_named(connection, sql, _values(scope, id=snapshot))
    return SnapshotRow(**rows[0]) if rows else None


async def document_of(connection: Connection, snapshot: uuid.UUID) -> str | None:
    """The state.json of a snapshot as JSON text; None if it has none, or is gone."""
    rows = await fetch(connection, "SELECT document::text FROM state_snapshots WHERE id = %s", (snapshot,))
    return rows[0][0] if rows else None
