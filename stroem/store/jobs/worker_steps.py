"""Running steps of workers and who goes on with them, and totals of workers and slots."""

import datetime
import uuid
from collections.abc import Collection

import attrs

from stroem.store.jobs.steps import StepId
from stroem.store.jobs.workers import KEEPS_LOCAL, StartedWorker
from stroem.store.statement import Connection, fetch, fetch_named


@attrs.frozen(kw_only=True)
class RunningStep:
    """A step that a worker runs, and the number of all its steps."""

    worker_id: uuid.UUID
    job_id: uuid.UUID
    id: int
    workspace: str
    task: str
    started_at: datetime.datetime | None
    used: int


@attrs.frozen(kw_only=True)
class WorkerSums:
    """Numbers of live workers by state, of the slots of those that told them, and of running steps.

    `free` are the slots of workers that get steps.
    """

    active: int
    cordoned: int
    draining: int
    slots: int
    used: int
    free: int
    without_slots: int


@attrs.frozen(kw_only=True)
class SilentWorker:
    """A worker whose lease has ended, and when it was heard last."""

    name: str
    heard_at: datetime.datetime


async def silent_worker(connection: Connection, worker_id: uuid.UUID) -> SilentWorker | None:
    """The worker, if its lease has ended."""
    rows = await fetch_named(
        connection, "SELECT name, heartbeat_at AS heard_at FROM workers WHERE id = %s AND NOT active", (worker_id,)
    )
    return SilentWorker(**rows[0]) if rows else None


async def worker_name(connection: Connection, worker_id: uuid.UUID) -> str | None:
    """The name of a worker; None once it is forgotten."""
    rows = await fetch(connection, "SELECT name FROM workers WHERE id = %s", [worker_id])
    return rows[0][0] if rows else None


async def running_steps(connection: Connection, ids: Collection[uuid.UUID], limit: int) -> list[RunningStep]:
    """The steps of these workers, the oldest first, up to `limit` of each."""
    rows = await fetch_named(
        connection,
        """
        SELECT n.worker_id, s.job_id, s.id, j.workspace, j.task, s.started_at, s.used
        FROM unnest(%s::uuid[]) AS n (worker_id),
        LATERAL (SELECT job_id, id, started_at, count(*) OVER () AS used FROM steps
                 WHERE worker_id = n.worker_id AND status = 'running' ORDER BY started_at, job_id, id LIMIT %s) s
        JOIN jobs j ON j.id = s.job_id
        ORDER BY s.started_at, s.job_id, s.id
        """,
        (list(ids), limit),
    )
    return [RunningStep(**row) for row in rows]


async def sums(connection: Connection) -> WorkerSums:
    """The sums over all live workers."""
    rows = await fetch_named(
        connection,
        """
        SELECT count(*) FILTER (WHERE state = 'active') AS active,
               count(*) FILTER (WHERE state = 'cordoned') AS cordoned,
               count(*) FILTER (WHERE state = 'draining') AS draining,
               coalesce(sum(slots), 0)::bigint AS slots, coalesce(sum(used), 0)::bigint AS used,
               coalesce(sum(greatest(slots - used, 0)) FILTER (WHERE state = 'active'), 0)::bigint AS free,
               count(*) FILTER (WHERE slots IS NULL) AS without_slots
        FROM workers w, LATERAL (
            SELECT count(*) AS used FROM steps s WHERE s.worker_id = w.id AND s.status = 'running') u
        WHERE active
        """,
    )
    return WorkerSums(**rows[0])


async def running_attempts(connection: Connection, attempts: Collection[tuple[StepId, int]]) -> set[tuple[StepId, int]]:
    """Those of the attempts that are running, whichever worker has them."""
    rows = await fetch(
        connection,
        """
        SELECT job_id, id, attempt FROM steps
        JOIN unnest(%s::uuid[], %s::int[], %s::int[]) AS asked (job_id, id, attempt) USING (job_id, id, attempt)
        WHERE status = 'running'
        """,
        (
            [job_id for (job_id, _), _ in attempts],
            [step for (_, step), _ in attempts],
            [attempt for _, attempt in attempts],
        ),
    )
    return {((row[0], row[1]), row[2]) for row in rows}


_HAND_OVER = """
    UPDATE steps s SET worker_id = found.heir, adopted_attempt = s.attempt
    FROM (
        SELECT s.job_id, s.id, heirs.id AS heir
        FROM workers w
        JOIN steps s ON s.worker_id = w.id AND s.status = 'running' AND NOT s.cancel_requested
        JOIN jobs j ON j.id = s.job_id AND j.worker_id IS NULL AND j.mode <> 'local'
        CROSS JOIN LATERAL (
            SELECT h.id FROM workers h
            WHERE h.worker_group = w.worker_group AND h.active AND h.state = 'active' AND h.lease_until > now()
              AND h.capabilities @> w.capabilities AND h.tags @> w.tags
              AND (h.workspaces = '{}' OR j.workspace = ANY (h.workspaces))
            ORDER BY md5(h.id::text || s.job_id::text || s.id::text) LIMIT 1) heirs
        WHERE NOT w.active AND w.worker_group IS NOT NULL
        LIMIT %s FOR UPDATE OF s
    ) found
    WHERE s.job_id = found.job_id AND s.id = found.id
    RETURNING s.worker_id
    """


async def resume_worker(
    connection: Connection, worker_id: uuid.UUID, worker: StartedWorker, *, lease_secs: int, local_secs: int
) -> bool:
    """Extends the lease of a worker that has started again; False if it has ended. One that was drained is cordoned.

    A worker with live local jobs may come back until `local_secs` after it was heard last.
    """
    rows = await fetch(
        connection,
        f"""
        UPDATE workers w SET name = %(name)s, capabilities = %(capabilities)s, tags = %(tags)s,
            exclusive = %(exclusive)s, version = %(version)s, slots = %(slots)s, resources = %(resources)s,
            worker_group = %(group)s, workspaces = %(workspaces)s, missing = %(missing)s,
            state = CASE state WHEN 'draining' THEN 'cordoned' ELSE state END,
            heartbeat_at = now(), lease_until = now() + make_interval(secs => %(lease)s), active = true
        WHERE id = %(id)s AND (active OR ({KEEPS_LOCAL} AND EXISTS (
            SELECT FROM jobs j WHERE j.worker_id = w.id AND j.mode = 'local' AND j.status IN ('pending', 'running'))))
        RETURNING id
        """,  # noqa: S608 - a constant
        {**worker.columns, "id": worker_id, "lease": lease_secs, "local_secs": local_secs},
    )
    return bool(rows)


async def hand_over(connection: Connection, limit: int) -> set[uuid.UUID]:
    """Gives up to `limit` running steps of lost workers to workers of their groups that can do as much; returns these.

    Jobs that stay on one worker are left out, and steps that are to end.
    """
    return {row[0] for row in await fetch(connection, _HAND_OVER, (limit,))}


async def adopted_steps(connection: Connection, worker_id: uuid.UUID) -> set[StepId]:
    """The running steps of a worker that another one has begun."""
    rows = await fetch(
        connection,
        "SELECT job_id, id FROM steps WHERE worker_id = %s AND status = 'running' AND adopted_attempt = attempt",
        (worker_id,),
    )
    return {(row[0], row[1]) for row in rows}
