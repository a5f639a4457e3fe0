"""Steps that a job takes over from the one that it runs again in part."""

import uuid
from collections.abc import Iterable, Iterator

from stroem.engine.changes import Retained
from stroem.engine.reruns.former_steps import FormerStep
from stroem.store.jobs.job_changes import JobChanges, Record
from stroem.store.jobs.results import large_outputs
from stroem.store.jobs.results.outputs import hides_secrets
from stroem.store.jobs.results.step_cache import copying_artifacts
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, Statement, fetch, records

_TAKE_OVER = """
    UPDATE steps t SET
        output = o.output, input = o.input, error_kind = o.error_kind, exit_code = o.exit_code, total = o.total,
        attempt = o.attempt, started_at = o.started_at, completed_at = o.completed_at,
        kept_job = coalesce(o.kept_job, o.job_id), kept_step = coalesce(o.kept_step, o.id)
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, source_job uuid, source_step int) LIMIT %s) n
    JOIN steps o ON o.job_id = n.source_job AND o.id = n.source_step
    WHERE t.job_id = n.job_id AND t.id = n.step
    """
_COPY_INSIDE = """
    INSERT INTO steps (
        job_id, id, parent, node, item, status, failed, total, begun, attempt, timeout_secs, value, input, output,
        error, error_kind, exit_code, started_at, completed_at, kept_job, kept_step)
    SELECT n.job_id, n.step, n.parent, n.node, o.item, o.status, o.failed, o.total, o.begun, o.attempt, o.timeout_secs,
           o.value, o.input, o.output, o.error, o.error_kind, o.exit_code, o.started_at, o.completed_at,
           coalesce(o.kept_job, o.job_id), coalesce(o.kept_step, o.id)
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, parent int, node int, source_job uuid, source_step int) LIMIT %s) n
    JOIN steps o ON o.job_id = n.source_job AND o.id = n.source_step
    """


def retaining(jobs: Iterable[JobChanges]) -> Iterator[Statement]:
    """The statements that copy what was taken over: the steps, those inside blocks and loops, large outputs."""
    found = [(one, each) for one in jobs for each in one.changes.retained]
    if found:
        yield _TAKE_OVER, records([_record(one, each.step, each.kept.step) for one, each in found])
    if inside := [record for one, each in found for record in _inside(one, each)]:
        yield _COPY_INSIDE, records(inside)
    if taken := [*(_record(one, each.step, each.kept.step) for one, each in found), *inside]:
        yield copying_artifacts(taken)
    if sources := {(one.job_id, one.locked.source_job_id) for one, _ in found if one.locked.source_job_id is not None}:
        yield large_outputs.copying(sources)


def _inside(one: JobChanges, retained: Retained) -> Iterator[Record]:
    """The records of the steps inside, numbered one after the other."""
    ids = {retained.kept.step: retained.step}
    for number, inner in enumerate(retained.kept.inside, retained.first):
        ids[inner.step] = number
        yield {**_record(one, number, inner.step), "parent": ids[inner.parent], "node": inner.node}


def _record(one: JobChanges, step: int, source: int) -> Record:
    return {"job_id": one.job_id, "step": step, "source_job": one.locked.source_job_id, "source_step": source}


async def former_steps(connection: Connection, job_id: uuid.UUID) -> list[FormerStep]:
    """The steps of an ended job, in the order of their ids."""
    rows = await fetch(
        connection,
        f"""
        SELECT s.id, s.parent, s.node, s.item, s.status, s.error, {hides_secrets("s")}
        FROM steps s WHERE s.job_id = %s ORDER BY s.id
        """,  # noqa: S608 - a constant
        (job_id,),
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
