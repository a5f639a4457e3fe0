"""Jobs: created once, read often, changed only while their row is locked."""

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
import orjson
import sqlalchemy as sa

from stroem.definitions.values import Json
from stroem.store.statement import Connection, execute, fetch, fetch_named, select
from stroem.store.tables import jobs

STATUSES = ("pending", "running", "completed", "failed", "cancelled", "skipped")
TERMINAL = frozenset({"completed", "failed", "cancelled", "skipped"})
_COUNTED = 10_000


@attrs.frozen(kw_only=True)
class NewJob:
    """A job to create. `input` is redacted.

    `files` is the digest of the manifest of its release; `timeout_secs` counts from now.
    """

    id: uuid.UUID
    workspace: str
    task: str
    mode: str
    source_type: str
    source_id: str | None
    source_job_id: uuid.UUID | None
    release_id: int
    revision: str
    files: str
    plan: str
    raw_input: Mapping[str, Json]
    input: Mapping[str, Json]
    steps: int
    timeout_secs: int | None


@attrs.frozen(kw_only=True)
class JobRow:
    """Row of a job. Unless it is `redacted`, its outputs and errors may contain secrets."""

    id: uuid.UUID
    workspace: str
    task: str
    mode: str
    status: str
    source_type: str
    source_id: str | None
    source_job_id: uuid.UUID | None
    release_id: int | None
    revision: str | None
    files: str | None
    plan: str
    raw_input: Any
    input: Any
    output: Any
    redacted: bool
    error: str | None
    steps_open: int
    steps_failed: int
    log_lines: int
    cancel_reason: str | None
    deadline_at: datetime.datetime | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class JobFilter:
    """Filter of job lists. `search` matches text in task, workspace, source and job id."""

    workspace: str | None = None
    task: str | None = None
    status: str | None = None
    source_type: str | None = None
    search: str | None = None
    limit: int = 50
    offset: int = 0


@attrs.frozen(kw_only=True)
class LockedJob:
    """State of a job, locked by this transaction."""

    id: uuid.UUID
    status: str
    plan: str
    steps_open: int
    steps_failed: int
    log_lines: int
    cancel_reason: str | None


async def create_job(connection: Connection, job: NewJob) -> bool:
    """Inserts a job; False if its release was removed.

    Its steps are created in the same transaction.
    """
    made = await execute(connection, """
        INSERT INTO jobs (id, workspace, task, mode, source_type, source_id, source_job_id, release_id, revision, files,
                          plan, raw_input, input, steps_open, deadline_at)
        SELECT %s, %s, %s, %s, %s, %s, %s, id, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s)
        FROM releases WHERE id = %s
        """,
        (
            job.id, job.workspace, job.task, job.mode, job.source_type, job.source_id, job.source_job_id, job.revision,
            job.files, job.plan, _json(job.raw_input), _json(job.input), job.steps, job.timeout_secs, job.release_id,
        ),
    )  # fmt: skip
    return made == 1


async def get_job(connection: Connection, job_id: uuid.UUID) -> JobRow | None:
    """A job with all columns, or None."""
    rows = await select(connection, sa.select(jobs).where(jobs.c.id == job_id))
    return JobRow(**rows[0]) if rows else None


async def list_jobs(connection: Connection, wanted: JobFilter) -> tuple[list[JobRow], int]:
    """A page of jobs, newest first, without inputs and outputs, and the total.

    The total counts at most 10,000 jobs, or those before the end of the page.
    """
    conditions = _conditions(wanted)
    columns = [sa.null().label(c.name) if c.name in ("raw_input", "input", "output") else c for c in jobs.c]
    page = sa.select(*columns).where(*conditions).order_by(jobs.c.created_at.desc(), jobs.c.id)
    rows = await select(connection, page.limit(wanted.limit).offset(wanted.offset))
    total = await _count(connection, conditions, _COUNTED)
    if rows:
        total = max(total, wanted.offset + len(rows))
    elif total == _COUNTED < wanted.offset:
        total = await _count(connection, conditions, wanted.offset)
    return [JobRow(**row) for row in rows], total


async def _count(connection: Connection, conditions: Sequence[sa.ColumnElement[bool]], most: int) -> int:
    some = sa.select(jobs.c.id).where(*conditions).limit(most).subquery()
    rows = await select(connection, sa.select(sa.func.count().label("total")).select_from(some))
    return int(rows[0]["total"])


def _conditions(wanted: JobFilter) -> list[sa.ColumnElement[bool]]:
    equal = {"workspace": wanted.workspace, "task": wanted.task, "status": wanted.status}
    equal["source_type"] = wanted.source_type
    conditions: list[sa.ColumnElement[bool]] = [
        jobs.c[key] == value for key, value in equal.items() if value is not None
    ]
    if wanted.search:
        places = (jobs.c.task, jobs.c.workspace, jobs.c.source_id, sa.cast(jobs.c.id, sa.Text))
        conditions.append(sa.or_(*(place.icontains(wanted.search, autoescape=True) for place in places)))
    return conditions


async def count_by_status(connection: Connection) -> dict[str, int]:
    """Numbers of jobs by status. Ended jobs are read from a tally, not counted."""
    rows = await fetch(
        connection,
        """
        SELECT status, sum(jobs)::bigint FROM job_tallies GROUP BY status
        UNION ALL
        SELECT status, count(*) FROM jobs WHERE status IN ('pending', 'running') GROUP BY status
        """,
    )
    return dict.fromkeys(STATUSES, 0) | {row[0]: row[1] for row in rows}


async def durations(
    connection: Connection, workspace: str, task: str, limit: int
) -> list[tuple[uuid.UUID, datetime.datetime, datetime.datetime]]:
    """Id, start and end of the last completed jobs of a task, newest first."""
    rows = await fetch(
        connection,
        """
        SELECT id, started_at, completed_at FROM jobs
        WHERE workspace = %s AND task = %s AND status = 'completed' AND started_at IS NOT NULL
        ORDER BY created_at DESC LIMIT %s
        """,
        (workspace, task, limit),
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def lock_jobs(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LockedJob]:
    """Locks jobs in the order of their ids, to avoid deadlocks."""
    rows = await fetch(
        connection,
        """
        SELECT id, status, plan, steps_open, steps_failed, log_lines, cancel_reason FROM jobs
        WHERE id = ANY(%s) ORDER BY id FOR UPDATE
        """,
        (sorted(ids),),
    )
    return {
        row[0]: LockedJob(
            id=row[0], status=row[1], plan=row[2], steps_open=row[3], steps_failed=row[4], log_lines=row[5],
            cancel_reason=row[6],
        )
        for row in rows
    }  # fmt: skip


async def request_cancel(connection: Connection, job_id: uuid.UUID, reason: str) -> None:
    """Marks a locked job for cancellation. The first reason stays."""
    await execute(
        connection, "UPDATE jobs SET cancel_reason = coalesce(cancel_reason, %s) WHERE id = %s", (reason, job_id)
    )


async def overdue_jobs(connection: Connection, limit: int) -> list[uuid.UUID]:
    """Jobs past their deadline that are not being cancelled yet."""
    rows = await fetch(
        connection,
        """
        SELECT id FROM jobs WHERE status IN ('pending', 'running') AND deadline_at <= now() AND cancel_reason IS NULL
        ORDER BY deadline_at LIMIT %s
        """,
        (limit,),
    )
    return [row[0] for row in rows]


@attrs.frozen(kw_only=True)
class JobFacts:
    """Immutable facts of a job.

    `committed_at` is the time of its release's commit, else of the release; `ref` is the branch, tag or commit of that
    release.
    """

    workspace: str
    task: str
    revision: str | None
    files: str | None
    plan: str
    release_id: int | None
    committed_at: datetime.datetime | None
    ref: str | None
    input: Any
    raw_input: Any


async def facts_of(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobFacts]:
    """Immutable facts of these jobs, by id."""
    rows = await fetch_named(
        connection,
        """
        SELECT j.id, j.workspace, j.task, j.revision, j.files, j.plan, j.release_id, j.input, j.raw_input,
               coalesce((r.commit->>'at')::timestamptz, r.created_at) AS committed_at, r.ref
        FROM jobs j LEFT JOIN releases r ON r.id = j.release_id WHERE j.id = ANY(%s)
        """,
        (list(ids),),
    )
    return {row.pop("id"): JobFacts(**row) for row in rows}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


async def count_live(connection: Connection, workspace: str) -> dict[str, int]:
    """Numbers of live jobs of a workspace, by task."""
    sql = """
        SELECT task, count(*) FROM jobs WHERE status IN ('pending', 'running') AND workspace = %s GROUP BY task
        """
    return dict(await fetch(connection, sql, (workspace,)))
