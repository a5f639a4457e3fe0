"""Steps of jobs. Each transition is one guarded statement; the caller has locked the row of the job."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
import orjson

from stroem.engine.plan import TaskPlan
from stroem.store.statement import Connection, execute, fetch, raw, records, storable

StepId = tuple[uuid.UUID, int]
"""Id of a step: job id, and position in the job's plan."""
ENDING_SECS = 25
"""Seconds in which a worker must end a cancelled or timed-out step before the server ends it."""
SILENCE_SECS = 60
"""Seconds without a question about its job after which a step of an older worker is lost."""


@attrs.frozen(kw_only=True)
class ClaimedStep:
    """A step claimed by a worker."""

    job_id: uuid.UUID
    position: int
    attempt: int
    timeout_secs: int | None


def claimed_step(row: Sequence[Any]) -> ClaimedStep:
    """Builds the step from a row: job, position, attempt, timeout."""
    return ClaimedStep(job_id=row[0], position=row[1], attempt=row[2], timeout_secs=row[3])


@attrs.frozen(kw_only=True)
class StepEnd:
    """End of a step. `output` is JSON text without secrets; `full_output`, kept until the job ends, has them.

    The end applies to the given `attempt` on the given worker, to any where they are None. With `log_origin` the server
    ended the step, and writes a line with that label to its job's log.
    """

    job_id: uuid.UUID
    position: int
    status: str
    attempt: int | None = None
    worker_id: uuid.UUID | None = None
    output: str | None = None
    full_output: str | None = None
    error: str | None = None
    log_origin: str | None = None


async def create_steps(connection: Connection, job_id: uuid.UUID, plan: TaskPlan, default_timeout: int | None) -> None:
    """Inserts the steps of a new job; steps without dependencies are ready."""
    await execute(
        connection,
        """
        INSERT INTO job_steps (job_id, position, status, unmet, ability, tags, timeout_secs, ready_at)
        SELECT %s, n.position, CASE WHEN n.unmet = 0 THEN 'ready' ELSE 'pending' END, n.unmet, n.ability,
               n.tags, n.timeout, CASE WHEN n.unmet = 0 THEN now() END
        FROM json_to_recordset(%s::json) AS n (position int, unmet int, ability text, tags text[], timeout int) LIMIT %s
        """,
        (
            job_id,
            *records(
                [
                    {
                        "position": position,
                        "unmet": len(step.depends_on),
                        "ability": step.ability,
                        "tags": step.tags,
                        "timeout": step.timeout or default_timeout,
                    }
                    for position, step in enumerate(plan.steps)
                ]
            ),
        ),
    )


@attrs.frozen(kw_only=True)
class Finished:
    """Steps that ended, and the counters (unmet, broken) of pending steps behind them."""

    ended: frozenset[StepId]
    waiting: Mapping[StepId, tuple[int, int]]


async def finish_steps(
    connection: Connection, ends: Sequence[StepEnd], behind: Collection[StepId], *, was: str = "running"
) -> Finished:
    """Ends steps that are still `was`, on the attempt and worker of their end.

    Their logs become due for sealing. `behind` are the steps whose counters are read.
    """
    rows = await fetch(
        connection,
        """
        WITH ended AS (
            UPDATE job_steps s SET
                status = e.status, output = e.output, full_output = e.full_output, error = e.error,
                completed_at = clock_timestamp(), cancel_requested = false, deadline_at = NULL
            FROM (SELECT * FROM json_to_recordset(%s::json) AS e (
                job_id uuid, position int, status text, attempt int, worker_id uuid, output json, full_output json,
                error text) LIMIT %s) e
            WHERE s.job_id = e.job_id AND s.position = e.position AND s.status = %s
              AND s.attempt = coalesce(e.attempt, s.attempt)
              AND s.worker_id IS NOT DISTINCT FROM coalesce(e.worker_id, s.worker_id)
            RETURNING s.job_id, s.position
        ), sealable AS (
            UPDATE log_heads h SET seal_due_at = now() + interval '2 seconds'
            FROM ended e WHERE h.job_id = e.job_id AND h.step = e.position AND h.hot_bytes > 0
        )
        SELECT job_id, position, NULL, NULL FROM ended
        UNION ALL
        SELECT s.job_id, s.position, s.unmet, s.broken
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, position int) LIMIT %s) n
        JOIN job_steps s ON s.job_id = n.job_id AND s.position = n.position WHERE s.status = 'pending'
        """,
        (
            *records([_end(end) for end in ends]),
            was,
            *records([{"job_id": job_id, "position": position} for job_id, position in behind]),
        ),
    )
    return Finished(
        ended=frozenset((row[0], row[1]) for row in rows if row[2] is None),
        waiting={(row[0], row[1]): (row[2], row[3]) for row in rows if row[2] is not None},
    )


async def cancel_waiting(connection: Connection, job_id: uuid.UUID) -> int:
    """Cancels the pending and ready steps of a locked job; returns their number."""
    return await execute(
        connection,
        """
        UPDATE job_steps SET status = 'cancelled', completed_at = clock_timestamp()
        WHERE job_id = %s AND status IN ('pending', 'ready', 'suspended')
        """,
        (job_id,),
    )


async def ask_to_cancel(connection: Connection, job_id: uuid.UUID) -> set[uuid.UUID]:
    """Marks the running steps of a job for cancellation; returns their workers.

    After `ENDING_SECS` a marked step is past its deadline.
    """
    rows = await fetch(
        connection,
        """
        UPDATE job_steps SET
            cancel_requested = true, deadline_at = least(deadline_at, clock_timestamp() + make_interval(secs => %s))
        WHERE job_id = %s AND status = 'running' RETURNING worker_id
        """,
        (ENDING_SECS, job_id),
    )
    return {row[0] for row in rows if row[0] is not None}


async def steps_to_cancel(connection: Connection, worker_id: uuid.UUID) -> list[tuple[StepId, int]]:
    """Running steps of a worker that are marked for cancellation, with attempts."""
    rows = await fetch(
        connection,
        """
        SELECT job_id, position, attempt FROM job_steps
        WHERE worker_id = %s AND status = 'running' AND cancel_requested
        """,
        (worker_id,),
    )
    return [((row[0], row[1]), row[2]) for row in rows]


async def is_cancelled(connection: Connection, job_id: uuid.UUID) -> bool:
    """True if the job is being cancelled or has ended."""
    sql = "SELECT cancel_reason IS NOT NULL OR status NOT IN ('pending', 'running') FROM jobs WHERE id = %s"
    rows = await fetch(connection, sql, (job_id,))
    return bool(rows and rows[0][0])


async def note_question(connection: Connection, job_id: uuid.UUID) -> None:
    """Records that an older worker asked about the job, which shows that it has its steps. Written at intervals."""
    await execute(
        connection,
        """
        UPDATE job_steps SET asked_at = clock_timestamp()
        WHERE job_id = %s AND status = 'running' AND asked_at < clock_timestamp() - make_interval(secs => %s)
        """,
        (job_id, SILENCE_SECS / 4),
    )


async def steps_held(connection: Connection, worker_id: uuid.UUID) -> list[ClaimedStep]:
    """All running steps of a worker."""
    rows = await fetch(
        connection,
        "SELECT job_id, position, attempt, timeout_secs FROM job_steps WHERE worker_id = %s AND status = 'running'",
        (worker_id,),
    )
    return [claimed_step(row) for row in rows]


async def restamp_start(connection: Connection, step_id: StepId, attempt: int) -> None:
    """Resets the start of an attempt that an older worker begins after its claim.

    From then on the worker is expected to ask about the job.
    """
    await execute(
        connection,
        """
        UPDATE job_steps SET started_at = clock_timestamp(), asked_at = clock_timestamp()
        WHERE job_id = %s AND position = %s AND attempt = %s AND status = 'running'
        """,
        (*step_id, attempt),
    )


async def store_inputs(connection: Connection, inputs: Mapping[StepId, bytes]) -> None:
    """Stores the rendered inputs of running steps, as JSON text."""
    await execute(
        connection,
        """
        UPDATE job_steps s SET input = i.input
        FROM (SELECT * FROM json_to_recordset(%s::json) AS i (job_id uuid, position int, input json) LIMIT %s) i
        WHERE s.job_id = i.job_id AND s.position = i.position AND s.status = 'running'
        """,
        records(
            [
                {"job_id": step_id[0], "position": step_id[1], "input": orjson.Fragment(one)}
                for step_id, one in inputs.items()
            ]
        ),
    )


def _end(end: StepEnd) -> dict[str, Any]:
    return {
        "job_id": end.job_id,
        "position": end.position,
        "status": end.status,
        "attempt": end.attempt,
        "worker_id": end.worker_id,
        "output": raw(end.output),
        "full_output": raw(end.full_output),
        "error": storable(end.error),
    }
