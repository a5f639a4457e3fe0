"""Claims of ready steps by workers."""

import uuid
from collections.abc import Collection, Sequence

from stroem.store.jobs.steps import ClaimedStep, StepId, claimed_step
from stroem.store.statement import Connection, fetch, records

_READY = """
    SELECT job_id, position FROM job_steps
    WHERE status = 'ready' AND ability = ANY(%(capabilities)s) AND tags <@ %(tags)s::text[]
      AND (NOT %(exclusive)s OR %(tags)s::text[] <@ tags)
    """
_THESE = """
    SELECT s.job_id, s.position
    FROM (SELECT * FROM json_to_recordset(%(step_ids)s::json) AS n (job_id uuid, position int) LIMIT %(count)s) n
    JOIN job_steps s ON s.job_id = n.job_id AND s.position = n.position
    WHERE s.status = 'ready' ORDER BY s.ready_at, s.position FOR UPDATE OF s SKIP LOCKED
    """
_TAKE = """
    WITH picked AS ({picked}), begun AS (
        UPDATE jobs SET status = 'running', started_at = greatest(created_at, statement_timestamp())
        WHERE id IN (SELECT id FROM jobs WHERE id IN (SELECT job_id FROM picked) AND status = 'pending'
                     FOR UPDATE SKIP LOCKED)
    )
    UPDATE job_steps s SET
        status = 'running', worker_id = %(worker)s, attempt = s.attempt + 1, started_at = clock_timestamp(),
        deadline_at = clock_timestamp() + make_interval(secs => s.timeout_secs + %(grace)s)
    FROM picked p WHERE s.job_id = p.job_id AND s.position = p.position
    RETURNING s.job_id, s.position, s.attempt, s.timeout_secs
    """
_CLAIM = _TAKE.format(picked=f"{_READY} ORDER BY ready_at, position LIMIT %(limit)s FOR UPDATE SKIP LOCKED")
_CLAIM_THESE = _TAKE.format(picked=_THESE)
_LIST_READY = f"{_READY} AND job_id <> ALL(%(deferred)s) ORDER BY ready_at, position LIMIT %(limit)s"


async def claim_steps(
    connection: Connection,
    worker_id: uuid.UUID,
    *,
    capabilities: Sequence[str],
    tags: Sequence[str],
    exclusive: bool,
    limit: int,
    grace_secs: int,
) -> list[ClaimedStep]:
    """Claims up to `limit` ready steps that the worker can run, longest ready first.

    Their jobs become running. A step with a timeout gets a deadline `grace_secs` after it, in case the worker does not
    end it in time. Rows of jobs that are locked are skipped: the transaction with the lock marks the job as running.
    """
    rows = await fetch(
        connection,
        _CLAIM,
        {
            "worker": worker_id,
            "capabilities": list(capabilities),
            "tags": list(tags),
            "exclusive": exclusive,
            "limit": limit,
            "grace": grace_secs,
        },
    )
    return [claimed_step(row) for row in rows]


async def ready_steps(
    connection: Connection,
    *,
    capabilities: Sequence[str],
    tags: Sequence[str],
    exclusive: bool,
    limit: int,
    deferred: Collection[uuid.UUID],
) -> list[StepId]:
    """Ready steps that `claim_steps` would claim, without those of `deferred` jobs."""
    values = {
        "capabilities": list(capabilities),
        "tags": list(tags),
        "exclusive": exclusive,
        "limit": limit,
        "deferred": list(deferred),
    }
    return [(row[0], row[1]) for row in await fetch(connection, _LIST_READY, values)]


async def claim_these(
    connection: Connection, worker_id: uuid.UUID, step_ids: Sequence[StepId], *, grace_secs: int
) -> list[ClaimedStep]:
    """Claims those of the given steps that are still ready, as `claim_steps` does."""
    wanted, count = records([{"job_id": job_id, "position": position} for job_id, position in step_ids])
    values = {"worker": worker_id, "step_ids": wanted, "count": count, "grace": grace_secs}
    return [claimed_step(row) for row in await fetch(connection, _CLAIM_THESE, values)]
