"""Queries of steps for the API and the rescuer."""

import datetime
import uuid
from collections.abc import Collection
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.store.jobs.needs import Need, need_of
from stroem.store.jobs.steps import StepId
from stroem.store.jobs.workers import KEEPS_LOCAL
from stroem.store.statement import Connection, fetch, fetch_named

STEP_COLUMNS = (
    "s.id, s.parent, s.node, s.item, s.status, s.waits_for, s.attempt, s.total, s.due_at, s.expires_at, s.worker_id, "
    "s.ready_at, s.started_at, s.completed_at, s.value, s.input, s.output, s.error, s.kept_job, s.error_kind, "
    "s.exit_code"
)
"""Columns of a `StepRow`, of steps called `s`."""


@attrs.frozen(kw_only=True)
class StepRow:
    """Row of a step. `parent`, `node` and `item` are its address; `value` is the item of an iteration.

    `kept_job` is the job in which the step ran, if this one has taken it over.
    """

    id: int
    parent: int
    node: int
    item: int
    status: str
    waits_for: str | None
    attempt: int
    total: int
    due_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    worker_id: uuid.UUID | None
    ready_at: datetime.datetime | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    value: Any
    input: Any
    output: Any
    error: str | None
    kept_job: uuid.UUID | None
    error_kind: str | None = None
    exit_code: int | None = None


@attrs.frozen(kw_only=True)
class AttemptRow:
    """Row of a former attempt of a step."""

    step: int
    attempt: int
    worker_id: uuid.UUID | None
    started_at: datetime.datetime | None
    ended_at: datetime.datetime
    error: str | None
    error_kind: str | None
    exit_code: int | None


@attrs.frozen(kw_only=True)
class WorkerStepRow:
    """Row of a step that a worker has run, with its job."""

    job_id: uuid.UUID
    workspace: str
    task: str
    job_status: str
    plan: str
    redacted: bool
    id: int
    parent: int
    node: int
    item: int
    status: str
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    error: str | None


async def list_steps(connection: Connection, job_id: uuid.UUID) -> list[StepRow]:
    """All steps of a job, in the order in which they were made."""
    rows = await fetch_named(
        connection,
        f"SELECT {STEP_COLUMNS} FROM steps s WHERE s.job_id = %s ORDER BY s.id",  # noqa: S608 - a constant
        (job_id,),
    )
    return [StepRow(**row) for row in rows]


async def output_of(connection: Connection, step_id: StepId) -> Json:
    """The output of a step, without secrets."""
    rows = await fetch(connection, "SELECT output FROM steps WHERE job_id = %s AND id = %s", step_id)
    output: Json = rows[0][0] if rows else None
    return output


async def failed_steps(connection: Connection, job_id: uuid.UUID, limit: int) -> list[tuple[int, int, str | None]]:
    """Id, node and error of the first failed steps of a job."""
    query = "SELECT id, node, error FROM steps WHERE job_id = %s AND status = 'failed' ORDER BY id LIMIT %s"
    return [(row[0], row[1], row[2]) for row in await fetch(connection, query, (job_id, limit))]


async def list_attempts(
    connection: Connection, job_id: uuid.UUID, steps: Collection[int] | None = None
) -> list[AttemptRow]:
    """Former attempts of the steps of a job, or of these of its steps."""
    rows = await fetch_named(
        connection,
        """
        SELECT step, attempt, worker_id, started_at, ended_at, error, error_kind, exit_code FROM attempts
        WHERE job_id = %(job)s AND (%(steps)s::int[] IS NULL OR step = ANY(%(steps)s)) ORDER BY step, attempt
        """,
        {"job": job_id, "steps": None if steps is None else list(steps)},
    )
    return [AttemptRow(**row) for row in rows]


async def list_worker_steps(connection: Connection, worker_id: uuid.UUID, limit: int) -> list[WorkerStepRow]:
    """The last claimed steps of a worker, newest first."""
    rows = await fetch_named(
        connection,
        """
        SELECT s.job_id, j.workspace, j.task, j.status AS job_status, j.plan, j.redacted, s.id, s.parent, s.node,
               s.item, s.status, s.started_at, s.completed_at, s.error
        FROM steps s JOIN jobs j ON j.id = s.job_id
        WHERE s.worker_id = %s AND s.started_at IS NOT NULL ORDER BY s.started_at DESC LIMIT %s
        """,
        (worker_id, limit),
    )
    return [WorkerStepRow(**row) for row in rows]


async def step_times(
    connection: Connection, job_ids: Collection[uuid.UUID]
) -> list[tuple[uuid.UUID, int, datetime.datetime, datetime.datetime]]:
    """Job, node, start and end of the completed steps of these jobs."""
    rows = await fetch(
        connection,
        """
        SELECT job_id, node, started_at, completed_at FROM steps
        WHERE job_id = ANY(%s) AND status = 'completed' AND started_at IS NOT NULL AND kept_job IS NULL
        """,
        (list(job_ids),),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


@attrs.frozen(kw_only=True)
class UnmatchedStep:
    """A ready step that no worker takes. `worker` is the one for which alone it is ready; it may be lost."""

    step_id: StepId
    need: Need
    worker: str | None
    is_lost: bool = False


_ENOUGH = """NOT EXISTS (
    SELECT FROM jsonb_each_text(n.resources) r WHERE r.value::bigint > (w.resources ->> r.key)::bigint)"""
"""Whether a worker `w` has the resources of a need `n`, with nothing else to do."""


async def unmatched_steps(
    connection: Connection, after_secs: int, limit: int, *, local_secs: int
) -> list[UnmatchedStep]:
    """Ready steps that no active worker could run for `after_secs`.

    A step that is ready for one worker alone is unmatched if that worker was inactive for that time or cannot run it.
    A worker keeps its local jobs for `local_secs` after it was heard last.
    """
    rows = await fetch(
        connection,
        f"""
        WITH present AS MATERIALIZED (
            SELECT id, capabilities, tags, exclusive, resources, workspaces FROM workers
            WHERE active OR lease_until > now() - make_interval(secs => %(secs)s)
        ), kept AS MATERIALIZED (
            SELECT id, capabilities, tags, exclusive, resources, workspaces FROM workers w
            WHERE NOT w.active AND {KEEPS_LOCAL}
        ), suiting AS MATERIALIZED (
            SELECT n.id, w.workspaces FROM needs n JOIN present w
            ON n.ability = ANY(w.capabilities) AND n.tags <@ w.tags AND (NOT w.exclusive OR w.tags <@ n.tags)
              AND {_ENOUGH}
        ), lacking AS MATERIALIZED (
            SELECT * FROM needs n WHERE NOT EXISTS (SELECT FROM suiting u WHERE u.id = n.id)
        ), narrow AS MATERIALIZED (
            SELECT n.*, array(SELECT DISTINCT unnest(u.workspaces) FROM suiting u WHERE u.id = n.id) AS workspaces
            FROM needs n WHERE EXISTS (SELECT FROM suiting u WHERE u.id = n.id)
              AND NOT EXISTS (SELECT FROM suiting u WHERE u.id = n.id AND u.workspaces = '{{}}')
        )
        SELECT f.job_id, f.id, f.ability, f.tags, f.worker, f.resources, f.is_lost FROM (
            SELECT s.job_id, s.id, l.ability, l.tags, l.resources, s.ready_at, NULL AS worker, false AS is_lost
            FROM lacking l CROSS JOIN LATERAL (
                SELECT job_id, id, ready_at FROM steps
                WHERE status = 'ready' AND worker_id IS NULL AND need = l.id
                  AND ready_at < now() - make_interval(secs => %(secs)s)
                ORDER BY priority, rank LIMIT %(limit)s) s
            UNION ALL
            SELECT s.job_id, s.id, l.ability, l.tags, l.resources, s.ready_at, NULL, false
            FROM narrow l CROSS JOIN LATERAL (
                SELECT s.job_id, s.id, s.ready_at FROM steps s JOIN jobs j ON j.id = s.job_id
                WHERE s.status = 'ready' AND s.worker_id IS NULL AND s.need = l.id
                  AND s.ready_at < now() - make_interval(secs => %(secs)s) AND j.workspace <> ALL(l.workspaces)
                ORDER BY s.priority, s.rank LIMIT %(limit)s) s
            UNION ALL
            SELECT s.job_id, s.id, n.ability, n.tags, n.resources, s.ready_at, coalesce(w.name, s.worker_id::text),
                   s.worker_id NOT IN (SELECT id FROM present UNION ALL SELECT id FROM kept)
            FROM steps s JOIN needs n ON n.id = s.need LEFT JOIN workers w ON w.id = s.worker_id
            WHERE s.status = 'ready' AND s.worker_id IS NOT NULL
              AND s.ready_at < now() - make_interval(secs => %(secs)s)
              AND NOT EXISTS (
                SELECT FROM (SELECT * FROM present UNION ALL SELECT * FROM kept) w
                WHERE w.id = s.worker_id AND n.ability = ANY(w.capabilities) AND n.tags <@ w.tags
                  AND (NOT w.exclusive OR w.tags <@ n.tags) AND {_ENOUGH})
        ) f ORDER BY f.ready_at LIMIT %(limit)s
        """,  # noqa: S608 - a constant
        {"secs": after_secs, "limit": limit, "local_secs": local_secs},
    )
    return [
        UnmatchedStep(step_id=(row[0], row[1]), need=need_of(row[2], row[3], row[5]), worker=row[4], is_lost=row[6])
        for row in rows
    ]
