"""Progress, failures and cancellations of several jobs at once."""

import datetime
import uuid
from collections.abc import Collection

import attrs

from stroem.store.jobs.step_indexes import SCOPE
from stroem.store.statement import Connection, fetch, fetch_named, records

_MOST_FAILED = 5
_MOST_STEPS = 2000
_LONGEST_ERROR = 5000
_JOBS = "(SELECT * FROM json_to_recordset(%s::json) AS n (parent int, job_id uuid) LIMIT %s) n"
_OUTER_STEPS = f"(SELECT s.* FROM steps s WHERE {SCOPE} LIMIT {_MOST_STEPS}) s"  # noqa: S608 - constants


@attrs.frozen(kw_only=True)
class FailedStep:
    """A failed step, and its error up to 5,000 characters: an exit code and the end of standard error fit in."""

    step: int
    node: int
    error: str
    error_kind: str | None = None


@attrs.frozen(kw_only=True)
class Progress:
    """Numbers of nodes outside of blocks and loops whose steps have ended, and of those completed or failed."""

    ended: int = 0
    finished: int = 0


@attrs.frozen(kw_only=True)
class CurrentStep:
    """A live step outside of blocks and loops. Of a loop, `total` and `open` count iterations, `failed` failures."""

    id: int
    node: int
    status: str
    waits_for: str | None
    total: int
    open: int
    failed: int
    due_at: datetime.datetime | None
    expires_at: datetime.datetime | None


async def first_failures(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[FailedStep]]:
    """The first failed steps of jobs, by job id, in the order of their ends; those inside of a scope before it."""
    if not ids:
        return {}
    rows = await fetch(
        connection,
        """
        SELECT n.id, f.id, f.node, f.error, f.error_kind FROM unnest(%s::uuid[]) AS n (id) CROSS JOIN LATERAL (
            SELECT id, node, left(error, %s) AS error, error_kind FROM steps
            WHERE job_id = n.id AND status = 'failed' AND error IS NOT NULL ORDER BY completed_at, id LIMIT %s) f
        """,
        (list(ids), _LONGEST_ERROR, _MOST_FAILED),
    )
    found: dict[uuid.UUID, list[FailedStep]] = {}
    for job_id, step, node, error, error_kind in rows:
        found.setdefault(job_id, []).append(FailedStep(step=step, node=node, error=error, error_kind=error_kind))
    return found


async def cancellers(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The actors of the first cancellations of jobs, by job id; without those that no person cancelled."""
    if not ids:
        return {}
    rows = await fetch(
        connection,
        """
        SELECT n.id, h.actor FROM unnest(%s::uuid[]) AS n (id) CROSS JOIN LATERAL (
            SELECT actor FROM history WHERE job_id = n.id AND step = 0 AND cause = 'cancel' ORDER BY id LIMIT 1) h
        WHERE h.actor IS NOT NULL
        """,
        (list(ids),),
    )
    return dict(rows)


async def progress_of(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Progress]:
    """Progress of jobs, by job id. At most 2,000 steps of each are counted."""
    if not ids:
        return {}
    rows = await fetch(
        connection,
        f"""
        SELECT n.job_id, count(*) FILTER (WHERE d.ended), count(*) FILTER (WHERE d.finished)
        FROM {_JOBS}
        CROSS JOIN LATERAL (
            SELECT bool_and(status IN ('completed', 'failed', 'skipped', 'cancelled')) AS ended,
                   bool_and(status IN ('completed', 'failed')) AS finished
            FROM {_OUTER_STEPS} GROUP BY node) d
        GROUP BY n.job_id
        """,  # noqa: S608 - constants
        _in_jobs(ids),
    )
    return {row[0]: Progress(ended=row[1], finished=row[2]) for row in rows}


async def current_steps(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CurrentStep]:
    """The step of each job that tells most of what it does, by job id: a running one before those that wait."""
    if not ids:
        return {}
    rows = await fetch_named(
        connection,
        f"""
        SELECT n.job_id, c.*
        FROM {_JOBS}
        CROSS JOIN LATERAL (
            SELECT id, node, status, waits_for, total, open, failed, due_at, expires_at
            FROM {_OUTER_STEPS}
            WHERE status IN ('running', 'suspended', 'ready', 'pending') AND waits_for IS DISTINCT FROM 'dependencies'
            ORDER BY array_position(ARRAY['running', 'suspended', 'ready', 'pending'], status), id LIMIT 1) c
        """,  # noqa: S608 - constants
        _in_jobs(ids),
    )
    return {row.pop("job_id"): CurrentStep(**row) for row in rows}


def _in_jobs(ids: Collection[uuid.UUID]) -> tuple[str, int]:
    return records([{"parent": 0, "job_id": job_id} for job_id in ids])
