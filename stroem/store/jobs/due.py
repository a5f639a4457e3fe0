"""Jobs with something due: a time that has passed, or a message."""

import uuid
from collections import defaultdict
from collections.abc import Collection

from stroem.store.jobs.steps import SILENCE_SECS
from stroem.store.statement import Connection, fetch

STARTING = "starts_at IS NOT NULL AND status = 'pending' AND next_step = 1 AND waits_for IS NULL"
"""The condition of jobs that begin later."""
_MOST_STEPS = 200
_DUE = "due_at <= now() AND status IN ('pending', 'running', 'suspended')"


async def due_jobs(connection: Connection, limit: int, excluded: Collection[uuid.UUID] = ()) -> list[uuid.UUID]:
    """Jobs with due steps or messages, or whose time to begin has come. Longest waiting first, without `excluded`."""
    rows = await fetch(
        connection,
        f"""
        SELECT job_id FROM (
            (SELECT job_id, due_at AS since FROM steps WHERE {_DUE} AND job_id <> ALL(%(excluded)s)
             ORDER BY due_at LIMIT %(limit)s)
            UNION ALL
            (SELECT job_id, created_at FROM messages WHERE NOT held AND job_id <> ALL(%(excluded)s)
             ORDER BY id LIMIT %(limit)s)
            UNION ALL
            (SELECT id, starts_at FROM jobs WHERE {STARTING} AND starts_at <= now() AND id <> ALL(%(excluded)s)
             ORDER BY starts_at LIMIT %(limit)s)
        ) found GROUP BY job_id ORDER BY min(since) LIMIT %(limit)s
        """,  # noqa: S608 - a constant
        {"excluded": list(excluded), "limit": limit},
    )
    return [row[0] for row in rows]


async def due_steps(connection: Connection, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[int]]:
    """The due steps of locked jobs, in the order of their due times: 200 of each job at most."""
    rows = await fetch(
        connection,
        f"""
        SELECT j.job_id, s.id FROM unnest(%s::uuid[]) AS j (job_id), LATERAL (
            SELECT id, due_at FROM steps WHERE {_DUE} AND job_id = j.job_id ORDER BY due_at, id LIMIT {_MOST_STEPS}
        ) s ORDER BY s.due_at, s.id
        """,  # noqa: S608 - constants
        (list(job_ids),),
    )
    found: dict[uuid.UUID, list[int]] = defaultdict(list)
    for job_id, step in rows:
        found[job_id].append(step)
    return found


async def starting_jobs(connection: Connection, job_ids: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    """The locked jobs whose time to begin has come."""
    query = f"SELECT id FROM jobs WHERE {STARTING} AND starts_at <= now() AND id = ANY(%s)"  # noqa: S608 - a constant
    return frozenset([row[0] for row in await fetch(connection, query, (list(job_ids),))])


async def secs_to_next_due(connection: Connection, otherwise: float) -> float:
    """Seconds to the next end of a lease, deadline or full window, 0.05 at least; `otherwise` if there is none."""
    rows = await fetch(
        connection,
        f"""
        SELECT extract(epoch FROM least(
            (SELECT min(starts_at) FROM jobs WHERE {STARTING}),
            (SELECT min(lease_until) FROM workers WHERE active),
            (SELECT min(opens_at) FROM slot_keys WHERE opens_at IS NOT NULL),
            (SELECT min(due_at) FROM steps
             WHERE due_at IS NOT NULL AND status IN ('pending', 'running', 'suspended')),
            (SELECT min(asked_at) FROM steps WHERE status = 'running' AND asked_at IS NOT NULL)
                + make_interval(secs => %s),
            (SELECT min(deadline_at) FROM jobs
             WHERE status IN ('pending', 'running') AND deadline_at IS NOT NULL AND NOT ends_cleanup)
        ) - now())::float8
        """,  # noqa: S608 - a constant
        (SILENCE_SECS,),
    )
    return otherwise if rows[0][0] is None else max(float(rows[0][0]), 0.05)
