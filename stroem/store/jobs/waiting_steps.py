"""Suspended steps, those that wait for a person, and the people who have started their jobs."""

import datetime
import uuid
from collections.abc import Collection
from typing import Any

import attrs

from stroem.engine.values.state import APPROVAL
from stroem.rights.reach import Reach
from stroem.store.jobs.steps import StepId
from stroem.store.reached import reached
from stroem.store.statement import Connection, fetch, fetch_named

_BY_HAND = ["user", "rerun", "restart"]
"""Sources of jobs whose id is the name of a person."""
_OF_STEP = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/"
"""The beginning of the name of a step that has started a job."""


@attrs.frozen(kw_only=True)
class SuspendedStep:
    """A step that waits for a time, a signal or an approval, and its node. `input` has no secrets."""

    step: int
    node: int
    waits_for: str | None
    input: Any


@attrs.frozen(kw_only=True)
class WaitingApproval:
    """A step that waits for an approval. `input` has no secrets; the wait ends at `expires_at`."""

    job_id: uuid.UUID
    workspace: str
    task: str
    step: int
    node: int
    input: Any
    suspended_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    reminded: int


@attrs.frozen(kw_only=True)
class LinkedStep:
    """A step to which a link leads, with its job. `input` and `output` have no secrets."""

    workspace: str
    task: str
    job_status: str
    node: int
    status: str
    waits_for: str | None
    input: Any
    output: Any
    error: str | None
    expires_at: datetime.datetime | None
    now: datetime.datetime


async def linked_step(connection: Connection, step_id: StepId) -> LinkedStep | None:
    """The step of a link, with the time of the database; None for an unknown one."""
    rows = await fetch_named(
        connection,
        """
        SELECT j.workspace, j.task, j.status AS job_status, s.node, s.status, s.waits_for, s.input, s.output, s.error,
               s.expires_at, clock_timestamp() AS now
        FROM steps s JOIN jobs j ON j.id = s.job_id WHERE s.job_id = %s AND s.id = %s
        """,
        step_id,
    )
    return LinkedStep(**rows[0]) if rows else None


async def suspended_step(connection: Connection, step_id: StepId) -> SuspendedStep | None:
    """A step, if it is suspended."""
    rows = await fetch(
        connection,
        "SELECT id, node, waits_for, input FROM steps WHERE job_id = %s AND id = %s AND status = 'suspended'",
        step_id,
    )
    return SuspendedStep(step=rows[0][0], node=rows[0][1], waits_for=rows[0][2], input=rows[0][3]) if rows else None


async def waiting_nodes(connection: Connection, job_id: uuid.UUID, waits_for: str) -> list[int]:
    """The nodes of the suspended steps of a job that wait for this."""
    rows = await fetch(
        connection,
        """
        SELECT DISTINCT node FROM steps
        WHERE job_id = %s AND waits_for = %s AND status = 'suspended'
          AND waits_for NOT IN ('dependencies', 'turn', 'steps', 'closing')
        ORDER BY node
        """,
        (job_id, waits_for),
    )
    return [row[0] for row in rows]


async def step_status(connection: Connection, step_id: StepId) -> tuple[str, str | None] | None:
    """The status of a step, and what it waits for."""
    rows = await fetch(connection, "SELECT status, waits_for FROM steps WHERE job_id = %s AND id = %s", step_id)
    return (rows[0][0], rows[0][1]) if rows else None


async def list_approvals(
    connection: Connection, *, workspace: str | None, limit: int, offset: int, reach: Reach | None = None
) -> tuple[list[WaitingApproval], int]:
    """A page of the steps that wait for an approval, newest first, and their number, as far as they are reached."""
    condition, parameters = reached(reach, "j")
    waiting = f"""
        FROM steps s JOIN jobs j ON j.id = s.job_id
        WHERE s.waits_for = %(approval)s AND s.status = 'suspended'
          AND s.waits_for NOT IN ('dependencies', 'turn', 'steps', 'closing')
          AND (%(workspace)s::text IS NULL OR j.workspace = %(workspace)s) AND {condition}
        """
    values = {"approval": APPROVAL, "workspace": workspace, "limit": limit, "offset": offset, **parameters}
    rows = await fetch_named(
        connection,
        f"""
        SELECT s.job_id, j.workspace, j.task, s.id AS step, s.node, s.input, s.started_at AS suspended_at,
               s.expires_at, s.reminded
        {waiting}
        ORDER BY s.started_at DESC, s.job_id, s.id LIMIT %(limit)s OFFSET %(offset)s
        """,
        values,
    )
    counted = await fetch(connection, f"SELECT count(*) {waiting}", values)
    return [WaitingApproval(**row) for row in rows], counted[0][0]


async def starters_of(connection: Connection, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """The people who have started jobs: by hand, by firing their trigger, or one of the jobs that have started them.

    A step that calls the API by a token of its own is named by its job and path.
    """
    rows = await fetch(
        connection,
        """
        WITH RECURSIVE up AS (
            SELECT id AS of, id FROM jobs WHERE id = ANY(%(jobs)s)
            UNION
            SELECT up.of, above.id FROM up JOIN jobs j ON j.id = up.id
            CROSS JOIN LATERAL (VALUES
                (j.parent_job), (j.hook_of), (j.retry_of),
                (CASE WHEN j.source_id ~ %(of_step)s THEN left(j.source_id, 36)::uuid END),
                (CASE WHEN j.context -> 'trigger' ->> 'fired_by' ~ %(of_step)s
                      THEN left(j.context -> 'trigger' ->> 'fired_by', 36)::uuid END)) above (id)
            WHERE above.id IS NOT NULL
        )
        SELECT DISTINCT up.of, who.name FROM up JOIN jobs j ON j.id = up.id
        CROSS JOIN LATERAL (VALUES
            (CASE WHEN j.source_type = ANY(%(by_hand)s) THEN j.source_id END),
            (j.context -> 'trigger' ->> 'fired_by')) who (name)
        WHERE who.name IS NOT NULL
        """,
        {"jobs": list(job_ids), "by_hand": _BY_HAND, "of_step": _OF_STEP},
    )
    found: dict[uuid.UUID, set[str]] = {job_id: set() for job_id in job_ids}
    for job_id, name in rows:
        found[job_id].add(name)
    return {job_id: frozenset(names) for job_id, names in found.items()}
