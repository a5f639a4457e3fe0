"""Reads of the sources of triggers, which one server at a time does under a lease."""

import datetime
from collections.abc import Mapping

import attrs

from stroem.conversion.json_value import encode
from stroem.definitions.values import Json
from stroem.store.statement import Connection, execute, fetch, storable
from stroem.store.triggers import triggers
from stroem.store.triggers.triggers import TriggerRow


@attrs.frozen(kw_only=True)
class StreamRead:
    """A read of the source of a trigger. The row is as it was; it is due again when the lease ends, at `until`."""

    row: TriggerRow
    until: datetime.datetime


async def claim(connection: Connection, releases: Mapping[str, int], limit: int, lease_secs: float) -> list[StreamRead]:
    """Takes due reads, of workspaces whose current release is that of `releases` and of their triggers."""
    rows = await triggers.claim_due(connection, "stream", releases, limit)
    if not rows:
        return []
    (found,) = await fetch(
        connection,
        """
        WITH leased AS (
            UPDATE triggers t SET due_at = clock_timestamp() + make_interval(secs => %s)
            FROM unnest(%s::text[], %s::text[]) AS n (workspace, name)
            WHERE t.workspace = n.workspace AND t.name = n.name
            RETURNING t.workspace, t.name, t.due_at
        )
        SELECT json_object_agg(workspace || '/' || name, due_at) FROM leased
        """,
        (lease_secs, [row.workspace for row in rows], [row.name for row in rows]),
    )
    until = found[0]
    return [
        StreamRead(row=row, until=datetime.datetime.fromisoformat(until[f"{row.workspace}/{row.name}"])) for row in rows
    ]


async def lock(connection: Connection, read: StreamRead) -> bool:
    """Locks the trigger; false if it has changed, or its lease has ended, since the read began."""
    rows = await fetch(
        connection,
        """
        SELECT FROM triggers WHERE workspace = %s AND name = %s AND digest = %s AND due_at = %s FOR UPDATE
        """,
        (read.row.workspace, read.row.name, read.row.digest, read.until),
    )
    return bool(rows)


async def finish(connection: Connection, read: StreamRead, cursor: Json, pause: float, problem: str | None) -> None:
    """Ends a read of a locked trigger: its cursor, and the seconds to the next one.

    `problem` is what could not be read; that of an earlier read is over without one.
    """
    row = read.row
    changed = cursor != row.memory
    await execute(
        connection,
        """
        UPDATE triggers SET due_at = clock_timestamp() + make_interval(secs => %(pause)s),
            memory = CASE WHEN %(changed)s THEN %(cursor)s::json ELSE memory END,
            problem = CASE WHEN %(problem)s::text IS NOT NULL THEN %(problem)s WHEN failures = 0 THEN problem END,
            failures = CASE WHEN %(problem)s::text IS NULL THEN 0 ELSE 1 END
        WHERE workspace = %(workspace)s AND name = %(name)s
        """,
        {
            "pause": pause, "changed": changed, "cursor": encode(cursor).decode() if changed else None,
            "problem": storable(problem), "workspace": row.workspace, "name": row.name,
        },
    )  # fmt: skip


async def release(connection: Connection, read: StreamRead) -> None:
    """Ends a lease whose read counts for nothing: it is due at once."""
    await execute(
        connection,
        "UPDATE triggers SET due_at = clock_timestamp() WHERE workspace = %s AND name = %s AND due_at = %s",
        (read.row.workspace, read.row.name, read.until),
    )
