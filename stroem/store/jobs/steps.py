"""Steps of jobs. Each change of state is one guarded statement; who calls it holds the row of the job."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
import orjson

from stroem.engine.plan import TaskPlan
from stroem.store.statement import Connection, execute, fetch, raw, records, storable

StepId = tuple[uuid.UUID, int]
"""A step: its job and its position in the job's plan."""
ENDING_SECS = 25
"""How long a worker has to end a step that was cancelled, or whose timeout is over; then the server ends it."""
SILENCE_SECS = 60
"""How long a worker of the older contract may not ask about the job of a step that it began; then the step is lost."""


@attrs.frozen(kw_only=True)
class ClaimedStep:
    """A step that a worker has just taken."""

    job_id: uuid.UUID
    position: int
    attempt: int
    timeout_secs: int | None


def claimed_step(row: Sequence[Any]) -> ClaimedStep:
    """The step of a row: job, position, attempt, timeout."""
    return ClaimedStep(job_id=row[0], position=row[1], attempt=row[2], timeout_secs=row[3])


@attrs.frozen(kw_only=True)
class StepEnd:
    """How a step has ended. `output` is JSON text without secrets; `full_output` has them, if there are any, and is
    kept until the job ends. Without `attempt` and `worker_id` whoever runs it has ended it.

    With `log_origin` the server has ended it, and its log says so behind that word.
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
    """Writes the steps of a new job; those that depend on nothing are ready."""
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
    """The steps that ended now, and of those behind them the pending ones with their counters: unmet, broken."""

    ended: frozenset[StepId]
    waiting: Mapping[StepId, tuple[int, int]]


async def finish_steps(
    connection: Connection, ends: Sequence[StepEnd], behind: Collection[StepId], *, was: str = "running"
) -> Finished:
    """Ends steps that are still `was` and, where that is said, still in this attempt on this worker.

    Their logs become due for sealing. `behind` are the steps whose counters are wanted.
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
    """Cancels the steps of a locked job that no worker has; how many there were."""
    return await execute(
        connection,
        """
        UPDATE job_steps SET status = 'cancelled', completed_at = clock_timestamp()
        WHERE job_id = %s AND status IN ('pending', 'ready', 'suspended')
        """,
        (job_id,),
    )


async def ask_to_cancel(connection: Connection, job_id: uuid.UUID) -> set[uuid.UUID]:
    """Asks for the end of the running steps of a job; the workers that run them. Those that have not ended them in
    `ENDING_SECS` are past their deadline."""
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
    """The running steps of a worker that are to end, with their attempts."""
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
    """Whether nothing of the job is to run any more: it is to end, or has ended."""
    sql = "SELECT cancel_reason IS NOT NULL OR status NOT IN ('pending', 'running') FROM jobs WHERE id = %s"
    rows = await fetch(connection, sql, (job_id,))
    return bool(rows and rows[0][0])


async def note_question(connection: Connection, job_id: uuid.UUID) -> None:
    """A worker of the older contract has asked about the job: it has the steps that it began. Noted now and then."""
    await execute(
        connection,
        """
        UPDATE job_steps SET asked_at = clock_timestamp()
        WHERE job_id = %s AND status = 'running' AND asked_at < clock_timestamp() - make_interval(secs => %s)
        """,
        (job_id, SILENCE_SECS / 4),
    )


async def steps_held(connection: Connection, worker_id: uuid.UUID) -> list[ClaimedStep]:
    """All steps that a worker has."""
    rows = await fetch(
        connection,
        "SELECT job_id, position, attempt, timeout_secs FROM job_steps WHERE worker_id = %s AND status = 'running'",
        (worker_id,),
    )
    return [claimed_step(row) for row in rows]


async def restamp_start(connection: Connection, place: StepId) -> None:
    """A worker of the older contract has begun with a step that it had taken. From now on it asks about its job."""
    await execute(
        connection,
        """
        UPDATE job_steps SET started_at = clock_timestamp(), asked_at = clock_timestamp()
        WHERE job_id = %s AND position = %s AND status = 'running'
        """,
        place,
    )


async def store_inputs(connection: Connection, inputs: Mapping[StepId, bytes]) -> None:
    """Keeps the inputs that running steps were given, as JSON text."""
    await execute(
        connection,
        """
        UPDATE job_steps s SET input = i.input
        FROM (SELECT * FROM json_to_recordset(%s::json) AS i (job_id uuid, position int, input json) LIMIT %s) i
        WHERE s.job_id = i.job_id AND s.position = i.position AND s.status = 'running'
        """,
        records(
            [{"job_id": place[0], "position": place[1], "input": orjson.Fragment(one)} for place, one in inputs.items()]
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
