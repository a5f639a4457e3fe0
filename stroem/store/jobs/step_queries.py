"""Queries of steps for the API and the rescuer."""

import datetime
import uuid
from collections.abc import Collection
from typing import Any

import attrs

from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, fetch, fetch_named, records


@attrs.frozen(kw_only=True)
class StepRow:
    """Row of a step."""

    position: int
    status: str
    attempt: int
    worker_id: uuid.UUID | None
    ready_at: datetime.datetime | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    input: Any
    output: Any
    error: str | None
    ability: str
    tags: list[str]


@attrs.frozen(kw_only=True)
class WorkerStepRow:
    """Row of a step that a worker has run, with its job."""

    job_id: uuid.UUID
    workspace: str
    task: str
    job_status: str
    plan: str
    redacted: bool
    position: int
    status: str
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    error: str | None


async def list_steps(connection: Connection, job_id: uuid.UUID) -> list[StepRow]:
    """All steps of a job, by position."""
    rows = await fetch_named(
        connection,
        """
        SELECT position, status, attempt, worker_id, ready_at, started_at, completed_at, input, output, error,
               ability, tags
        FROM job_steps WHERE job_id = %s ORDER BY position
        """,
        (job_id,),
    )
    return [StepRow(**row) for row in rows]


async def list_worker_steps(connection: Connection, worker_id: uuid.UUID, limit: int) -> list[WorkerStepRow]:
    """The last claimed steps of a worker, newest first."""
    rows = await fetch_named(
        connection,
        """
        SELECT s.job_id, j.workspace, j.task, j.status AS job_status, j.plan, j.redacted, s.position, s.status,
               s.started_at, s.completed_at, s.error
        FROM job_steps s JOIN jobs j ON j.id = s.job_id
        WHERE s.worker_id = %s ORDER BY s.started_at DESC LIMIT %s
        """,
        (worker_id, limit),
    )
    return [WorkerStepRow(**row) for row in rows]


async def step_times(
    connection: Connection, job_ids: Collection[uuid.UUID]
) -> list[tuple[uuid.UUID, int, datetime.datetime, datetime.datetime]]:
    """Start and end of the completed steps of these jobs."""
    rows = await fetch(
        connection,
        """
        SELECT job_id, position, started_at, completed_at FROM job_steps
        WHERE job_id = ANY(%s) AND status = 'completed' AND started_at IS NOT NULL
        """,
        (list(job_ids),),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def outputs_of(connection: Connection, step_ids: Collection[StepId]) -> dict[StepId, Any]:
    """Outputs of completed steps, by step id. They never change."""
    rows = await fetch(
        connection,
        """
        SELECT s.job_id, s.position, coalesce(s.full_output, s.output)
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, position int) LIMIT %s) n
        JOIN job_steps s ON s.job_id = n.job_id AND s.position = n.position
        WHERE s.status = 'completed'
        """,
        records([{"job_id": job_id, "position": position} for job_id, position in step_ids]),
    )
    return {(row[0], row[1]): row[2] for row in rows}


@attrs.frozen(kw_only=True)
class OverdueStep:
    """A running step past its deadline."""

    job_id: uuid.UUID
    position: int
    attempt: int
    timeout_secs: int | None
    worker_id: uuid.UUID
    cancel_requested: bool


async def overdue_steps(connection: Connection, limit: int) -> list[OverdueStep]:
    """Running steps past their deadline, after a timeout or a cancellation."""
    rows = await fetch_named(
        connection,
        """
        SELECT job_id, position, attempt, timeout_secs, worker_id, cancel_requested FROM job_steps
        WHERE status = 'running' AND deadline_at <= now() ORDER BY deadline_at LIMIT %s
        """,
        (limit,),
    )
    return [OverdueStep(**row) for row in rows]


async def unmatched_steps(connection: Connection, after_secs: int, limit: int) -> list[tuple[StepId, str, list[str]]]:
    """Ready steps that no active worker could run for `after_secs`: step id, ability, tags."""
    rows = await fetch(
        connection,
        """
        WITH needs AS MATERIALIZED (
            SELECT DISTINCT ability, tags FROM job_steps
            WHERE status = 'ready' AND ready_at < now() - make_interval(secs => %(secs)s)
        ), lacking AS MATERIALIZED (
            SELECT * FROM needs n WHERE NOT EXISTS (
                SELECT FROM workers w
                WHERE (w.active OR w.lease_until > now() - make_interval(secs => %(secs)s))
                  AND n.ability = ANY(w.capabilities) AND n.tags <@ w.tags AND (NOT w.exclusive OR w.tags <@ n.tags))
        )
        SELECT s.job_id, s.position, s.ability, s.tags FROM lacking l
        JOIN job_steps s ON s.ability = l.ability AND s.tags = l.tags
        WHERE s.status = 'ready' AND s.ready_at < now() - make_interval(secs => %(secs)s)
        ORDER BY s.ready_at LIMIT %(limit)s
        """,
        {"secs": after_secs, "limit": limit},
    )
    return [((row[0], row[1]), row[2], row[3]) for row in rows]
