"""States of jobs for the live feed."""

import uuid
from collections.abc import Collection

import attrs

from stroem.engine.values.state import APPROVAL
from stroem.store.jobs.step_indexes import WAITING
from stroem.store.statement import Connection, fetch, fetch_named


@attrs.frozen(kw_only=True)
class ChangedJob:
    """The state of a job. `open` and `failed` count its outer steps."""

    id: uuid.UUID
    workspace: str
    task: str
    status: str
    source_type: str
    source_id: str | None
    parent_job: uuid.UUID | None
    paused: bool
    open: int
    failed: int


async def read_jobs(connection: Connection, ids: Collection[uuid.UUID]) -> list[ChangedJob]:
    """Reads jobs by id. Unknown ids are left out."""
    query = """
        SELECT id, workspace, task, status, source_type, source_id, parent_job, paused_at IS NOT NULL AS paused,
               open, failed
        FROM jobs WHERE id = ANY(%s)
        """
    return [ChangedJob(**row) for row in await fetch_named(connection, query, (list(ids),))]


async def asked_steps(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[int]]:
    """The steps of jobs that wait for an approval; jobs without such steps are left out."""
    query = f"""
        SELECT s.job_id, array_agg(s.id)
        FROM (SELECT %s::text AS waits_for, job_id FROM unnest(%s::uuid[]) job_id LIMIT %s) n
        JOIN steps s ON {WAITING}
        WHERE s.status = 'suspended' GROUP BY s.job_id
        """  # noqa: S608 - constants
    rows = await fetch(connection, query, (APPROVAL, list(ids), len(ids)))
    return {row[0]: frozenset(row[1]) for row in rows}
