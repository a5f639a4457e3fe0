"""Steps of a job that do not run, and their places in the queue."""

import datetime
import uuid
from collections.abc import Collection

import attrs

from stroem.store.statement import Connection, fetch, fetch_named

MOST_COUNTED = 1000
"""Most steps of a queue that are counted."""


@attrs.frozen(kw_only=True)
class BlockedStep:
    """A step that waits for something, or for its child job."""

    id: int
    parent: int
    node: int
    item: int
    status: str
    waits_for: str | None
    attempt: int
    due_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    worker_id: uuid.UUID | None
    ready_at: datetime.datetime | None
    started_at: datetime.datetime | None


async def list_blocked(connection: Connection, job_id: uuid.UUID, limit: int) -> list[BlockedStep]:
    """The first blocked steps of a job, without iterations before their turn."""
    rows = await fetch_named(
        connection,
        """
        SELECT id, parent, node, item, status, waits_for, attempt, due_at, expires_at, worker_id, ready_at,
               started_at
        FROM steps
        WHERE job_id = %s AND waits_for IS DISTINCT FROM 'turn'
          AND (status IN ('pending', 'ready', 'suspended') OR (status = 'running' AND waits_for LIKE 'job:%%'))
        ORDER BY id LIMIT %s
        """,
        (job_id, limit),
    )
    return [BlockedStep(**row) for row in rows]


async def count_turns(connection: Connection, job_id: uuid.UUID) -> dict[int, int]:
    """Numbers of iterations before their turn, by the step of the loop."""
    query = (
        "SELECT parent, count(*) FROM steps WHERE job_id = %s AND waits_for = 'turn' AND status = 'pending' GROUP BY 1"
    )
    return dict(await fetch(connection, query, (job_id,)))


async def ended_nodes(connection: Connection, job_id: uuid.UUID, scopes: Collection[int]) -> set[tuple[int, int]]:
    """The nodes directly inside these scopes whose steps have ended, as (scope, node)."""
    rows = await fetch(
        connection,
        """
        SELECT parent, node FROM steps WHERE job_id = %s AND parent = ANY(%s)
        GROUP BY 1, 2 HAVING bool_and(status IN ('completed', 'failed', 'skipped', 'cancelled'))
        """,
        (job_id, list(scopes)),
    )
    return {(row[0], row[1]) for row in rows}


async def queue_places(connection: Connection, job_id: uuid.UUID) -> dict[int, int]:
    """The numbers of ready steps before those of a job in their queues. Those behind 1000 others are left out."""
    rows = await fetch(
        connection,
        """
        WITH mine AS MATERIALIZED (
            SELECT DISTINCT need FROM steps WHERE job_id = %(job)s AND status = 'ready' AND worker_id IS NULL
        )
        SELECT q.id, q.nth - 1 FROM mine m CROSS JOIN LATERAL (
            SELECT job_id, id, row_number() OVER (ORDER BY priority, rank) AS nth FROM (
                SELECT job_id, id, priority, rank FROM steps
                WHERE status = 'ready' AND worker_id IS NULL AND need = m.need
                ORDER BY priority, rank LIMIT %(most)s) h) q
        WHERE q.job_id = %(job)s
        """,
        {"job": job_id, "most": MOST_COUNTED},
    )
    return {row[0]: row[1] for row in rows}


async def open_nodes(connection: Connection, job_id: uuid.UUID) -> frozenset[int]:
    """The nodes outside of blocks and loops with a step that has not ended."""
    rows = await fetch(
        connection,
        """
        SELECT node FROM steps WHERE job_id = %s AND parent = 0
          AND status IN ('pending', 'ready', 'running', 'suspended')
        """,
        (job_id,),
    )
    return frozenset([row[0] for row in rows])
