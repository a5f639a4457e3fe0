"""Begun steps of local jobs, taken as claimed."""

import uuid
from collections.abc import Mapping

from stroem.protocol.begun_steps import BegunStep
from stroem.store.jobs.steps import CLAIMED, ClaimedStep, StepId, claimed_step, step_key
from stroem.store.statement import Connection, fetch, records

_TAKE = f"""
    WITH taken AS (
        UPDATE steps s SET
            status = 'running', attempt = n.attempt, started_at = at.began,
            due_at = greatest(at.began + make_interval(secs => s.timeout_secs), clock_timestamp())
                + make_interval(secs => CASE WHEN s.timeout_secs IS NOT NULL THEN %(grace)s END)
        FROM (SELECT * FROM json_to_recordset(%(begun)s::json) AS n (
                job_id uuid, step int, attempt int, begun_at timestamptz) LIMIT %(count)s) n
        JOIN jobs j ON j.id = n.job_id
        JOIN steps ready ON ready.job_id = n.job_id AND ready.id = n.step
        CROSS JOIN LATERAL (
            SELECT greatest(least(n.begun_at, clock_timestamp()), ready.ready_at, j.created_at) AS began) at
        WHERE s.job_id = n.job_id AND s.id = n.step AND s.status = 'ready' AND s.worker_id = %(worker)s
          AND s.attempt = n.attempt - 1
        RETURNING s.job_id, s.id, s.parent, s.node, s.item, s.attempt, s.timeout_secs, s.value, s.started_at
    ), told AS (
        INSERT INTO history (job_id, step, status, attempt, cause, actor)
        SELECT job_id, id, 'running', attempt, 'claim', %(worker)s::text FROM taken
    )
    SELECT {CLAIMED} FROM taken
    """  # noqa: S608 - a constant


async def take(
    connection: Connection, worker_id: uuid.UUID, begun: Mapping[StepId, BegunStep], *, grace_secs: int
) -> list[ClaimedStep]:
    """Takes those steps as claimed that are ready for this worker alone, before the attempt that it began.

    Their jobs are locked and run. A step has begun when its worker says, but not in the future, nor before it was
    ready. One with a timeout is due `grace_secs` after that, or after now if that is later.
    """
    given = [
        {**step_key(step_id), "attempt": one.attempt, "begun_at": one.begun_at.isoformat()}
        for step_id, one in begun.items()
    ]
    wanted, count = records(given)
    values = {"worker": worker_id, "begun": wanted, "count": count, "grace": grace_secs}
    return [claimed_step(row) for row in await fetch(connection, _TAKE, values)]
