"""Claims of ready steps by workers."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from stroem.protocol.steps import Return
from stroem.store.jobs.steps import CLAIMED, ClaimedStep, StepId, claimed_step, step_key
from stroem.store.statement import Connection, fetch, records

_PICKED = """
    found AS (
        SELECT f.* FROM unnest(%(needs)s::int[]) AS n (need) CROSS JOIN LATERAL (
            SELECT job_id, id, need, priority, rank FROM steps
            WHERE status = 'ready' AND worker_id IS NULL AND need = n.need {within}
            ORDER BY priority, rank LIMIT %(limit)s FOR UPDATE SKIP LOCKED) f
        UNION ALL
        SELECT f.* FROM (
            SELECT job_id, id, need, priority, rank FROM steps
            WHERE status = 'ready' AND worker_id = %(worker)s AND need = ANY(%(needs)s) {within}
            ORDER BY priority, rank LIMIT %(limit)s FOR UPDATE SKIP LOCKED) f
    ), picked AS MATERIALIZED (
        SELECT *, row_number() OVER (ORDER BY priority, nth, random()) <= %(limit)s AS is_taken
        FROM (SELECT *, row_number() OVER (PARTITION BY priority, need ORDER BY rank) AS nth FROM found) numbered
    )
    """
_THESE = """
    picked AS MATERIALIZED (
        SELECT s.job_id, s.id, s.need, true AS is_taken
        FROM (SELECT * FROM json_to_recordset(%(step_ids)s::json) AS n (job_id uuid, step int) LIMIT %(count)s) n
        JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
        WHERE s.status = 'ready' AND (s.worker_id IS NULL OR s.worker_id = %(worker)s)
        ORDER BY s.priority, s.rank FOR UPDATE OF s SKIP LOCKED
    )
    """
_TAKE = """
    WITH {picked}, begun AS (
        UPDATE jobs SET status = 'running', started_at = greatest(created_at, statement_timestamp())
        WHERE id IN (SELECT j.id FROM (SELECT DISTINCT job_id FROM picked WHERE is_taken) p CROSS JOIN LATERAL (
            SELECT id FROM jobs WHERE id = p.job_id AND coalesce(status, '') = 'pending' FOR UPDATE SKIP LOCKED) j)
        RETURNING id
    ), taken AS (
        UPDATE steps s SET
            status = 'running', worker_id = %(worker)s, attempt = s.attempt + 1, started_at = clock_timestamp(),
            due_at = clock_timestamp() + make_interval(secs => s.timeout_secs + CASE
                WHEN s.timeout_secs IS NULL THEN 0
                WHEN (SELECT mode FROM jobs j WHERE j.id = s.job_id) = 'local' THEN %(grace)s + %(local)s
                ELSE %(grace)s END)
        FROM picked p WHERE p.is_taken AND s.job_id = p.job_id AND s.id = p.id
        RETURNING s.job_id, s.id, s.parent, s.node, s.item, s.attempt, s.timeout_secs, s.value, s.priority, s.rank,
                  s.started_at
    ), told AS (
        INSERT INTO history (job_id, step, status, attempt, cause, actor)
        SELECT job_id, id, 'running', attempt, 'claim', %(worker)s::text FROM taken
        UNION ALL SELECT id, 0, 'running', 0, 'claim', %(worker)s::text FROM begun
    ), placed AS (
        INSERT INTO messages (job_id, step, kind, actor)
        SELECT t.job_id, t.id, 'placed', %(worker)s::text FROM taken t JOIN jobs j ON j.id = t.job_id
        WHERE j.mode = 'local' AND j.worker_id IS NULL
        RETURNING job_id
    )
    (SELECT {columns}, job_id IN (SELECT job_id FROM placed), NULL FROM taken ORDER BY priority, rank)
    UNION ALL
    SELECT NULL, need, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, count(*)
    FROM picked WHERE NOT is_taken GROUP BY need
    """
WITHIN = "AND (SELECT workspace FROM jobs j WHERE j.id = job_id) = ANY(%(workspaces)s)"
"""The condition for steps of a worker that gets those of some workspaces only."""

_CLAIM = _TAKE.format(picked=_PICKED.format(within=""), columns=CLAIMED)
_CLAIM_WITHIN = _TAKE.format(picked=_PICKED.format(within=WITHIN), columns=CLAIMED)
_CLAIM_THESE = _TAKE.format(picked=_THESE, columns=CLAIMED)
_LIST_READY = """
    SELECT f.job_id, f.id FROM (
        SELECT f.* FROM unnest(%(needs)s::int[]) AS n (need) CROSS JOIN LATERAL (
            SELECT job_id, id, priority, rank FROM steps
            WHERE status = 'ready' AND worker_id IS NULL AND need = n.need AND job_id <> ALL(%(deferred)s) {within}
            ORDER BY priority, rank LIMIT %(limit)s) f
        UNION ALL
        SELECT f.* FROM (
            SELECT job_id, id, priority, rank FROM steps
            WHERE status = 'ready' AND worker_id = %(worker)s AND need = ANY(%(needs)s)
              AND job_id <> ALL(%(deferred)s) {within}
            ORDER BY priority, rank LIMIT %(limit)s) f
    ) f ORDER BY f.priority, f.rank LIMIT %(limit)s
    """


@attrs.frozen(kw_only=True)
class Claimed:
    """Result of a claim.

    `left` counts, by need, the ready steps of which other workers must hear: those that were locked but not taken,
    which other claims passed over until the end of the transaction, and those for which too little is free here.
    `placed` are jobs that stay on the worker from now on; they got a message.
    """

    steps: tuple[ClaimedStep, ...] = ()
    left: Mapping[int, int] = attrs.Factory(dict)
    placed: frozenset[uuid.UUID] = frozenset()


async def claim_steps(
    connection: Connection,
    worker_id: uuid.UUID,
    needs: Collection[int],
    *,
    limit: int,
    grace_secs: int,
    local_secs: int = 0,
    workspaces: Collection[str] = (),
) -> Claimed:
    """Claims up to `limit` ready steps, in the order of the queues of their needs.

    Steps that are ready for this worker alone stand in the same order. Jobs of claimed steps become running. A step
    with a timeout is due `grace_secs` after it, in case the worker does not end it in time; one of a local job, which
    goes on without the server, `local_secs` later. With `workspaces`, only their steps are claimed. Rows of jobs that
    are locked are skipped: the transaction with the lock marks the job as running.
    """
    values = {"worker": worker_id, "needs": list(needs), "limit": limit, "grace": grace_secs, "local": local_secs}
    if workspaces:
        return _claimed(await fetch(connection, _CLAIM_WITHIN, {**values, "workspaces": list(workspaces)}))
    return _claimed(await fetch(connection, _CLAIM, values))


async def ready_steps(
    connection: Connection,
    worker_id: uuid.UUID,
    needs: Collection[int],
    *,
    limit: int,
    deferred: Collection[uuid.UUID],
    workspaces: Collection[str] = (),
) -> list[StepId]:
    """Ready steps that `claim_steps` would claim, without those of `deferred` jobs."""
    values = {
        "worker": worker_id,
        "needs": list(needs),
        "limit": limit,
        "deferred": list(deferred),
        "workspaces": list(workspaces),
    }
    sql = _LIST_READY.format(within=WITHIN if workspaces else "")
    return [(row[0], row[1]) for row in await fetch(connection, sql, values)]


async def claim_these(
    connection: Connection, worker_id: uuid.UUID, step_ids: Sequence[StepId], *, grace_secs: int, local_secs: int = 0
) -> Claimed:
    """Claims those of the given steps that are still ready, as `claim_steps` does."""
    wanted, count = records([step_key(step_id) for step_id in step_ids])
    values = {"worker": worker_id, "step_ids": wanted, "count": count, "grace": grace_secs, "local": local_secs}
    return _claimed(await fetch(connection, _CLAIM_THESE, values))


async def still_claimed(
    connection: Connection, worker_id: uuid.UUID, returned: Mapping[StepId, Return]
) -> list[StepId]:
    """Those of the returned steps that the worker still has by the same claim. Their jobs are locked."""
    given = [
        {**step_key(step_id), "attempt": one.attempt, "at": one.claimed_at.isoformat()}
        for step_id, one in returned.items()
    ]
    rows = await fetch(
        connection,
        """
        SELECT s.job_id, s.id
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int, attempt int, at timestamptz)
              LIMIT %s) n
        JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
        WHERE s.status = 'running' AND s.worker_id = %s AND s.attempt = n.attempt AND s.started_at = n.at
        """,
        (*records(given), worker_id),
    )
    return [(row[0], row[1]) for row in rows]


def _claimed(rows: Sequence[Any]) -> Claimed:
    """Builds the result. A row without a job has a need, and the number of its steps that were left."""
    taken = [row for row in rows if row[0] is not None]
    return Claimed(
        steps=tuple([claimed_step(row) for row in taken]),
        left={row[1]: row[11] for row in rows if row[0] is None},
        placed=frozenset([row[0] for row in taken if row[10]]),
    )
