"""Transitions of jobs and of steps behind ended ones, as the engine decided them."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from stroem.store.statement import Connection, execute, fetch, records, storable

_TALLY_PARTS = 16


@attrs.frozen(kw_only=True)
class JobProgress:
    """Progress of a locked job. `status` is None while it is running.

    When it ends, the outputs of its `sinks` become its output, under their names.
    """

    id: uuid.UUID
    steps_open: int
    steps_failed: int
    log_lines: int
    status: str | None = None
    error: str | None = None
    sinks: Mapping[int, str] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class StepChange:
    """Change of a pending step: new counters, and its status, with a reason if skipped."""

    job_id: uuid.UUID
    position: int
    unmet: int
    broken: int
    status: str = "pending"
    error: str | None = None


async def advance(connection: Connection, moved: Sequence[JobProgress], changes: Sequence[StepChange] = ()) -> None:
    """Writes the progress of locked jobs and the changes of their pending steps.

    A job that ends gets its end time and output and is added to the tally; outputs of its steps with secrets are
    deleted.
    """
    await execute(
        connection,
        """
        WITH moved AS (
            SELECT * FROM json_to_recordset(%s::json) AS m (
                id uuid, steps_open int, steps_failed int, log_lines bigint, status text, error text, sinks json)
            LIMIT %s
        ), changed AS (
            UPDATE job_steps s SET
                unmet = c.unmet, broken = c.broken, status = c.status, error = c.error,
                ready_at = CASE WHEN c.status = 'ready' THEN clock_timestamp() END,
                completed_at = CASE WHEN c.status = 'skipped' THEN statement_timestamp() END
            FROM (SELECT * FROM json_to_recordset(%s::json) AS c (
                job_id uuid, position int, unmet int, broken int, status text, error text) LIMIT %s) c
            WHERE s.job_id = c.job_id AND s.position = c.position AND s.status = 'pending'
        ), forgotten AS (
            UPDATE job_steps s SET full_output = NULL FROM moved m
            WHERE s.job_id = m.id AND s.full_output IS NOT NULL AND m.status IS NOT NULL
        ), tallied AS (
            INSERT INTO job_tallies AS t (status, part, jobs)
            SELECT status, pg_backend_pid() %% %s, count(*) FROM moved WHERE status IS NOT NULL GROUP BY status
            ON CONFLICT (status, part) DO UPDATE SET jobs = t.jobs + excluded.jobs
        )
        UPDATE jobs j SET
            steps_open = m.steps_open, steps_failed = m.steps_failed, log_lines = m.log_lines,
            status = coalesce(m.status, 'running'), error = coalesce(m.error, j.error),
            started_at = coalesce(j.started_at, clock_timestamp()),
            completed_at = CASE WHEN m.status IS NOT NULL THEN clock_timestamp() END,
            output = CASE WHEN m.sinks IS NOT NULL THEN (
                SELECT json_object_agg(n.value, s.output ORDER BY s.position) FROM json_each_text(m.sinks) n
                JOIN job_steps s ON s.job_id = m.id AND s.position = n.key::int WHERE s.output IS NOT NULL) END
        FROM moved m WHERE j.id = m.id
        """,
        (
            *records([_moved(job) for job in moved]),
            *records([attrs.asdict(change) for change in changes]),
            _TALLY_PARTS,
        ),
    )


async def fail_job(connection: Connection, job_id: uuid.UUID, reason: str) -> set[uuid.UUID]:
    """Fails a job with its open steps, without reading its plan; returns the workers that ran steps.

    A job that was being cancelled is cancelled.
    """
    rows = await fetch(
        connection,
        """
        WITH job AS (
            SELECT id, CASE WHEN cancel_reason IS NULL THEN 'failed' ELSE 'cancelled' END AS status
            FROM jobs WHERE id = %(job)s AND status IN ('pending', 'running') FOR UPDATE
        ), ended AS (
            UPDATE job_steps s SET
                status = CASE WHEN s.status = 'pending' THEN 'skipped' ELSE job.status END, error = %(reason)s,
                completed_at = clock_timestamp(), cancel_requested = false, deadline_at = NULL
            FROM job WHERE s.job_id = job.id AND s.status IN ('pending', 'ready', 'running', 'suspended')
            RETURNING s.position, s.worker_id
        ), forgotten AS (
            UPDATE job_steps SET full_output = NULL
            WHERE job_id IN (SELECT id FROM job) AND full_output IS NOT NULL AND status = 'completed'
        ), sealable AS (
            UPDATE log_heads h SET seal_due_at = now() + interval '2 seconds'
            FROM ended e WHERE h.job_id = %(job)s AND h.step = e.position AND h.hot_bytes > 0
        ), tallied AS (
            INSERT INTO job_tallies AS t (status, part, jobs)
            SELECT status, pg_backend_pid() %% %(parts)s, 1 FROM job
            ON CONFLICT (status, part) DO UPDATE SET jobs = t.jobs + excluded.jobs
        ), failed AS (
            UPDATE jobs j SET
                status = job.status, error = coalesce(j.cancel_reason, %(reason)s), steps_open = 0,
                completed_at = clock_timestamp()
            FROM job WHERE j.id = job.id
        )
        SELECT DISTINCT worker_id FROM ended WHERE worker_id IS NOT NULL
        """,
        {"job": job_id, "reason": storable(reason), "parts": _TALLY_PARTS},
    )
    return {row[0] for row in rows}


def _moved(job: JobProgress) -> dict[str, Any]:
    return {
        "id": job.id,
        "steps_open": job.steps_open,
        "steps_failed": job.steps_failed,
        "log_lines": job.log_lines,
        "status": job.status,
        "error": storable(job.error),
        "sinks": {str(position): name for position, name in job.sinks.items()} if job.status else None,
    }
