"""Live jobs of events of triggers with a largest number of them."""

import uuid
from collections.abc import Collection

from stroem.store.statement import Connection, execute, fetch


async def add(connection: Connection, workspace: str, trigger: str, job_ids: Collection[uuid.UUID]) -> None:
    """Adds jobs that this transaction has created."""
    await execute(
        connection,
        "INSERT INTO event_jobs (workspace, trigger, job_id) SELECT %s, %s, unnest(%s::uuid[]) ON CONFLICT DO NOTHING",
        (workspace, trigger, list(job_ids)),
    )


async def live(connection: Connection, workspace: str, trigger: str) -> frozenset[uuid.UUID]:
    """The live jobs of a trigger. Forgets those that have ended."""
    rows = await fetch(
        connection,
        """
        WITH found AS (
            SELECT e.job_id, coalesce(j.status IN ('pending', 'running'), false) AS is_live
            FROM event_jobs e LEFT JOIN jobs j ON j.id = e.job_id WHERE e.workspace = %s AND e.trigger = %s
        ), gone AS (
            DELETE FROM event_jobs WHERE job_id IN (SELECT job_id FROM found WHERE NOT is_live)
        )
        SELECT job_id FROM found WHERE is_live
        """,
        (workspace, trigger),
    )
    return frozenset(row[0] for row in rows)
