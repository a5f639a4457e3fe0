"""Jobs of an operation on many."""

import uuid
from collections.abc import Collection

import attrs

from stroem.store.statement import Connection, fetch_named


@attrs.frozen(kw_only=True)
class BulkJob:
    """A job, with the time since its start, or up to its end; None before its start."""

    id: uuid.UUID
    workspace: str
    task: str
    status: str
    duration_ms: float | None


async def longest(connection: Connection, ids: Collection[uuid.UUID], limit: int) -> list[BulkJob]:
    """The `limit` longest-running of these jobs, longest first."""
    if not ids:
        return []
    rows = await fetch_named(
        connection,
        """
        SELECT id, workspace, task, status,
               round(extract(epoch FROM coalesce(completed_at, now()) - started_at) * 1000, 3)::float8 AS duration_ms
        FROM jobs WHERE id = ANY(%s) ORDER BY duration_ms DESC NULLS LAST, id LIMIT %s
        """,
        (list(ids), limit),
    )
    return [BulkJob(**row) for row in rows]
