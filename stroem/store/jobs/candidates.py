"""Ready steps for a worker whose resources are limited, and what its running steps take."""

import uuid
from collections.abc import Collection

import attrs

from stroem.store.jobs.claims import WITHIN
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, fetch

_CANDIDATES = """
    WITH found AS (
        SELECT f.*, true AS is_locked FROM unnest(%(fitting)s::int[]) AS n (need) CROSS JOIN LATERAL (
            SELECT job_id, id, need, priority, rank, ready_at FROM steps
            WHERE status = 'ready' AND worker_id IS NULL AND need = n.need {within}
            ORDER BY priority, rank LIMIT %(limit)s FOR UPDATE SKIP LOCKED) f
        UNION ALL
        SELECT f.*, true FROM (
            SELECT job_id, id, need, priority, rank, ready_at FROM steps
            WHERE status = 'ready' AND worker_id = %(worker)s AND need = ANY(%(fitting)s) {within}
            ORDER BY priority, rank LIMIT %(limit)s FOR UPDATE SKIP LOCKED) f
        UNION ALL
        SELECT f.*, false FROM unnest(%(unfit)s::int[]) AS n (need) CROSS JOIN LATERAL (
            SELECT job_id, id, need, priority, rank, ready_at FROM steps
            WHERE status = 'ready' AND worker_id IS NULL AND need = n.need {within} ORDER BY priority, rank LIMIT 1) f
        UNION ALL
        SELECT f.*, false FROM (
            SELECT job_id, id, need, priority, rank, ready_at FROM steps
            WHERE status = 'ready' AND worker_id = %(worker)s AND need = ANY(%(unfit)s) {within}
            ORDER BY priority, rank LIMIT 1) f
    )
    SELECT job_id, id, need, priority, is_locked,
           coalesce(extract(epoch FROM clock_timestamp() - ready_at), 0)::float8 AS waited,
           row_number() OVER (PARTITION BY priority, need ORDER BY rank) AS nth
    FROM found ORDER BY priority, nth, random()
    """


@attrs.frozen(kw_only=True)
class Candidate:
    """A ready step that a worker may run. `waited` is in seconds; it is the `nth` of its need, counted from 1.

    One that is not locked is the first of a need for which too little is free.
    """

    step_id: StepId
    need: int
    priority: int
    is_locked: bool
    waited: float
    nth: int


async def list_candidates(
    connection: Connection,
    worker_id: uuid.UUID,
    fitting: Collection[int],
    unfit: Collection[int],
    *,
    limit: int,
    workspaces: Collection[str] = (),
) -> list[Candidate]:
    """Up to `limit` ready steps of each need that fits, which are locked, and the first of each other need.

    They come in the order in which they are handed out: needs take turns within a priority. Only those of `workspaces`,
    if given.
    """
    values = {
        "worker": worker_id,
        "fitting": list(fitting),
        "unfit": list(unfit),
        "limit": limit,
        "workspaces": list(workspaces),
    }
    rows = await fetch(connection, _CANDIDATES.format(within=WITHIN if workspaces else ""), values)
    return [
        Candidate(step_id=(row[0], row[1]), need=row[2], priority=row[3], is_locked=row[4], waited=row[5], nth=row[6])
        for row in rows
    ]


async def lock_worker(connection: Connection, worker_id: uuid.UUID) -> None:
    """Makes other claims of the worker wait until the end of the transaction."""
    await fetch(connection, "SELECT FROM workers WHERE id = %s FOR NO KEY UPDATE", (worker_id,))


async def taken_amounts(connection: Connection, worker_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """What the running steps of workers take in all, in thousandths by name."""
    rows = await fetch(
        connection,
        """
        SELECT s.worker_id, r.key, least(sum(r.value::bigint), 9223372036854775807)::bigint
        FROM steps s JOIN needs n ON n.id = s.need CROSS JOIN LATERAL jsonb_each_text(n.resources) r
        WHERE s.worker_id = ANY(%s) AND s.status = 'running' GROUP BY 1, 2
        """,
        (list(worker_ids),),
    )
    taken: dict[uuid.UUID, dict[str, int]] = {}
    for worker_id, name, amount in rows:
        taken.setdefault(worker_id, {})[name] = amount
    return taken
