"""Steps that a job takes over from the one that it runs again in part."""

import uuid
from collections.abc import Iterable, Iterator

from stroem.engine.reruns.selection import FormerStep
from stroem.redaction.redactor import MARKER
from stroem.store.jobs.job_changes import JobChanges
from stroem.store.jobs.step_indexes import SCOPE
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, Statement, fetch, records

_RETAINED = """
    SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, source_job uuid, source_step int, first int, nodes json) LIMIT %s
    """
_TAKE_OVER = f"""
    UPDATE steps t SET
        output = o.output, input = o.input, total = o.total, attempt = o.attempt,
        started_at = o.started_at, completed_at = o.completed_at, kept_job = coalesce(o.kept_job, o.job_id),
        kept_step = coalesce(o.kept_step, o.id)
    FROM ({_RETAINED}) n JOIN steps o ON o.job_id = n.source_job AND o.id = n.source_step
    WHERE t.job_id = n.job_id AND t.id = n.step
    """  # noqa: S608 - constants
_COPY_INSIDE = f"""
    WITH RECURSIVE taken AS ({_RETAINED}), tree AS (
        SELECT n.target, n.top, n.base, n.nodes, s.* FROM (
            SELECT job_id AS target, step AS top, first AS base, nodes, source_job AS job_id, source_step AS parent
            FROM taken
        ) n JOIN steps s ON {SCOPE}
        UNION ALL
        SELECT t.target, t.top, t.base, t.nodes, s.* FROM tree t
        JOIN steps s ON (s.parent, s.job_id) >= (t.id, t.job_id) AND (s.parent, s.job_id) <= (t.id, t.job_id)
    ), numbered AS MATERIALIZED (
        SELECT *, base - 1 + row_number() OVER (PARTITION BY target, top ORDER BY id) AS number FROM tree
    )
    INSERT INTO steps (
        job_id, id, parent, node, item, status, failed, first, total, begun, attempt, timeout_secs, value, input,
        output, error, started_at, completed_at, kept_job, kept_step)
    SELECT c.target, c.number, coalesce(p.number, c.top), coalesce((c.nodes ->> c.node::text)::int, c.node), c.item,
           c.status, c.failed, coalesce(f.number, 0), c.total, c.begun, c.attempt, c.timeout_secs, c.value, c.input,
           c.output, c.error, c.started_at, c.completed_at, coalesce(c.kept_job, c.job_id), coalesce(c.kept_step, c.id)
    FROM numbered c
    LEFT JOIN numbered p ON p.target = c.target AND p.top = c.top AND p.id = c.parent
    LEFT JOIN numbered f ON f.target = c.target AND f.top = c.top AND f.id = c.first
    """  # noqa: S608 - constants


def retaining(jobs: Iterable[JobChanges]) -> Iterator[Statement]:
    """The statements that copy what was taken over: one for the steps, one for those inside blocks and loops."""
    found = [
        (
            each.kept.inside,
            {
                "job_id": one.job_id,
                "step": each.step,
                "source_job": one.locked.source_job_id,
                "source_step": each.kept.step,
                "first": each.first,
                "nodes": {str(number): other for number, other in each.kept.nodes.items()},
            },
        )
        for one in jobs
        for each in one.changes.retained
    ]
    if found:
        yield _TAKE_OVER, records([record for _, record in found])
    if scopes := [record for inside, record in found if inside]:
        yield _COPY_INSIDE, records(scopes)


async def former_steps(connection: Connection, job_id: uuid.UUID) -> list[FormerStep]:
    """The steps of an ended job, in the order of their ids."""
    rows = await fetch(
        connection,
        """
        SELECT id, parent, node, item, status, error, coalesce(position(%s IN output::text) > 0, false)
        FROM steps WHERE job_id = %s ORDER BY id
        """,
        (MARKER, job_id),
    )
    return [
        FormerStep(
            id=row[0], parent=row[1], node=row[2], item=row[3], status=row[4], error=row[5], hides_secrets=row[6]
        )
        for row in rows
    ]


async def origin_of(connection: Connection, step_id: StepId) -> StepId:
    """The step that ran: the step itself, or the one from which it was taken over."""
    sql = "SELECT kept_job, kept_step FROM steps WHERE job_id = %s AND id = %s AND kept_job IS NOT NULL"
    rows = await fetch(connection, sql, step_id)
    return (rows[0][0], rows[0][1]) if rows else step_id


async def jobs_running_again(connection: Connection, job_id: uuid.UUID, limit: int) -> list[uuid.UUID]:
    """The latest jobs that run a job again, newest first. Retries of these are left out."""
    sql = """
        SELECT id FROM jobs WHERE source_job_id = %s AND retry_of IS NULL ORDER BY created_at DESC LIMIT %s
        """
    return [row[0] for row in await fetch(connection, sql, (job_id, limit))]
