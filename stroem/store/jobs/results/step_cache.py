"""Results of steps that are kept for later steps of the same key."""

import datetime
import uuid
from collections.abc import Iterable, Iterator, Sequence

import attrs

from stroem.definitions.values import Json
from stroem.records.large_output import KEY
from stroem.store.jobs.job_changes import JobChanges, Record
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, Statement, execute, fetch, fetch_named, records

_PENDING_SECS = 7 * 24 * 3600
"""The time that a step with a key has to complete, beside the time for which its result is kept."""
_ADD_KEYS = """
    INSERT INTO cache_entries AS c (job_id, step, workspace, digest, ttl_secs, expires_at)
    SELECT job_id, step, workspace, digest, ttl, now() + make_interval(secs => ttl::bigint + pending)
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, workspace text, digest text, ttl int, pending int) LIMIT %s) n
    ON CONFLICT (job_id, step) DO UPDATE SET digest = excluded.digest, ttl_secs = excluded.ttl_secs,
        expires_at = excluded.expires_at, completed_at = NULL
    """
_COMPLETE = """
    UPDATE cache_entries c SET completed_at = statement_timestamp(),
        expires_at = statement_timestamp() + make_interval(secs => c.ttl_secs),
        artifacts = (SELECT count(*) FROM artifacts a
                     WHERE a.job_id = s.job_id AND a.step = s.id AND a.attempt = s.attempt)
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s) n
    JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
    WHERE c.job_id = s.job_id AND c.step = s.id
    """
_ADD_HITS = """
    INSERT INTO cache_hits (job_id, step, source_job, source_step, source_name)
    SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, source_job uuid, source_step int, source_name text) LIMIT %s
    """
_COPY_ARTIFACTS = """
    INSERT INTO artifacts (id, job_id, step, attempt, workspace, task, step_name, name, content_type, size_bytes, blob,
                           check_at, expires_at)
    SELECT gen_random_uuid(), t.job_id, t.id, t.attempt, j.workspace, j.task, a.step_name, a.name, a.content_type,
           a.size_bytes, a.blob, NULL, now() + (a.expires_at - a.created_at)
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        job_id uuid, step int, source_job uuid, source_step int) LIMIT %s) n
    JOIN steps s ON s.job_id = n.source_job AND s.id = n.source_step AND s.status = 'completed'
    JOIN artifacts a ON a.job_id = s.job_id AND a.step = s.id AND a.attempt = s.attempt
    JOIN steps t ON t.job_id = n.job_id AND t.id = n.step
    JOIN jobs j ON j.id = t.job_id
    """
_FIND = f"""
    SELECT c.job_id, c.step, s.output FROM cache_entries c
    JOIN steps s ON s.job_id = c.job_id AND s.id = c.step AND s.status = 'completed' AND s.full_output IS NULL
    WHERE c.workspace = %s AND c.digest = %s AND c.completed_at IS NOT NULL AND c.expires_at > now()
      AND c.artifacts = (SELECT count(*) FROM artifacts a
                         WHERE a.job_id = s.job_id AND a.step = s.id AND a.attempt = s.attempt)
      AND CASE WHEN json_typeof(s.output) = 'object' THEN s.output -> '{KEY}' IS NULL ELSE true END
    ORDER BY c.completed_at DESC LIMIT 1
    """  # noqa: S608 - a constant
_LIST = """
    SELECT c.job_id, c.step, j.task, c.artifacts, c.completed_at, c.expires_at,
           (SELECT count(*) FROM cache_hits h WHERE h.source_job = c.job_id AND h.source_step = c.step) AS hits
    FROM cache_entries c JOIN jobs j ON j.id = c.job_id
    WHERE c.workspace = %(workspace)s AND c.completed_at IS NOT NULL AND c.expires_at > now()
      AND (%(task)s::text IS NULL OR j.task = %(task)s)
    ORDER BY c.completed_at DESC LIMIT %(limit)s OFFSET %(offset)s
    """
_CLEAR = """
    DELETE FROM cache_entries c USING jobs j
    WHERE j.id = c.job_id AND c.workspace = %(workspace)s AND c.completed_at IS NOT NULL
      AND (%(task)s::text IS NULL OR j.task = %(task)s)
    """
_EXPIRED = """
    DELETE FROM cache_entries WHERE (job_id, step) IN (
        SELECT job_id, step FROM cache_entries WHERE expires_at <= now()
        ORDER BY expires_at LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED)
    """
_SURPLUS = """
    DELETE FROM cache_entries WHERE (job_id, step) IN (
        SELECT job_id, step FROM cache_entries
        WHERE workspace = %s AND completed_at < (
            SELECT completed_at FROM cache_entries WHERE workspace = %s AND completed_at IS NOT NULL
            ORDER BY completed_at DESC LIMIT 1 OFFSET %s)
        ORDER BY completed_at LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED)
    """
_CROWDED = "SELECT workspace FROM cache_entries WHERE completed_at IS NOT NULL GROUP BY workspace HAVING count(*) > %s"


@attrs.frozen(kw_only=True)
class CachedOutput:
    """A result that is kept: the step that made it, and its output."""

    step_id: StepId
    output: Json


@attrs.frozen(kw_only=True)
class CacheSource:
    """The step whose result another took, with its path."""

    job_id: uuid.UUID
    step: int
    name: str


@attrs.frozen(kw_only=True)
class CacheRow:
    """A result that is kept. `hits` is the number of steps that took it."""

    job_id: uuid.UUID
    step: int
    task: str
    artifacts: int
    completed_at: datetime.datetime
    expires_at: datetime.datetime
    hits: int


async def find_result(connection: Connection, workspace: str, digest: str) -> CachedOutput | None:
    """The latest result of a key that is complete: none of its artifacts has been removed. Large outputs are none."""
    rows = await fetch(connection, _FIND, (workspace, digest))
    return CachedOutput(step_id=(rows[0][0], rows[0][1]), output=rows[0][2]) if rows else None


def writing(jobs: Iterable[JobChanges]) -> Iterator[Statement]:
    """The statements that write keys, results and hits. The rows of the steps are written before."""
    keys, completed, hits = [], [], []
    for one in jobs:
        own = {"job_id": one.job_id}
        keys += [
            {**own, "step": step, "workspace": one.locked.workspace, "digest": key.digest, "ttl": key.ttl,
             "pending": _PENDING_SECS}
            for step, key in one.changes.cache_keys.items()
        ]  # fmt: skip
        completed += [{**own, "step": step} for step in one.changes.cached]
        hits += [{**own, **attrs.asdict(hit)} for hit in one.changes.cache_hits]
    if keys:
        yield _ADD_KEYS, records(keys)
    if completed:
        yield _COMPLETE, records(completed)
    if hits:
        yield _ADD_HITS, records(hits)
        yield copying_artifacts(hits)


def copying_artifacts(rows: Sequence[Record]) -> Statement:
    """The statement that gives steps the artifacts of others. `rows`: job_id, step, source_job, source_step."""
    return _COPY_ARTIFACTS, records(rows)


async def hits_of_job(connection: Connection, job_id: uuid.UUID) -> dict[int, CacheSource]:
    """The steps of a job that took results, with those that made them."""
    sql = "SELECT step, source_job, source_step, source_name FROM cache_hits WHERE job_id = %s"
    return {
        row[0]: CacheSource(job_id=row[1], step=row[2], name=row[3]) for row in await fetch(connection, sql, (job_id,))
    }


async def list_results(
    connection: Connection, workspace: str, task: str | None, limit: int, offset: int
) -> list[CacheRow]:
    """A page of the results that a workspace keeps, newest first."""
    values = {"workspace": workspace, "task": task, "limit": limit, "offset": offset}
    return [CacheRow(**row) for row in await fetch_named(connection, _LIST, values)]


async def clear_results(connection: Connection, workspace: str, task: str | None) -> int:
    """Forgets the results of a workspace, or of a task of it; returns their number."""
    return await execute(connection, _CLEAR, {"workspace": workspace, "task": task})


async def drop_expired(connection: Connection, limit: int, skip: int) -> int:
    """Deletes keys whose time is over; returns their number."""
    return await execute(connection, _EXPIRED, (limit, skip))


async def crowded_workspaces(connection: Connection, most: int) -> list[str]:
    """Workspaces with more than `most` results."""
    return [row[0] for row in await fetch(connection, _CROWDED, (most,))]


async def drop_surplus(connection: Connection, workspace: str, most: int, limit: int, skip: int) -> int:
    """Deletes results of a workspace beyond the newest `most`; returns their number."""
    return await execute(connection, _SURPLUS, (workspace, workspace, most - 1, limit, skip))
