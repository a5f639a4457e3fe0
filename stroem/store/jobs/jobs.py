"""Jobs: created once, read often, changed only while their row is locked."""

import datetime
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import attrs
import orjson

from stroem.definitions.values import Json
from stroem.engine.plan import LOCAL
from stroem.engine.values.state import JobState
from stroem.rights.reach import Reach
from stroem.store.jobs.holds import records
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.new_job import NewJob
from stroem.store.limits import job_slots
from stroem.store.reached import reached
from stroem.store.statement import Connection, Statement, columns, execute, fetch, fetch_named, send

STATUSES = ("pending", "running", "completed", "failed", "cancelled", "skipped")
TERMINAL = frozenset({"completed", "failed", "cancelled", "skipped"})


@attrs.frozen(kw_only=True)
class JobRow:
    """Row of a job. Unless it is `redacted`, its outputs and errors may contain secrets.

    With a `sealed_input`, the encrypted one, `raw_input` is redacted.
    """

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
    sealed_input: bytes | None
    input: Any
    output: Any
    redacted: bool
    error: str | None
    open: int
    failed: int
    moving: int
    next_step: int
    context: Any
    fragments: Any
    parent_job: uuid.UUID | None
    parent_step: int | None
    root_job: uuid.UUID | None
    depth: int
    hook_of: uuid.UUID | None
    retry_of: uuid.UUID | None
    retry_job: uuid.UUID | None
    retry_attempt: int
    max_retries: int | None
    starts_at: datetime.datetime | None
    restart: Any
    waits_for: str | None
    slots: Any
    priority: int
    queue_rank: int
    worker_id: uuid.UUID | None
    paused_at: datetime.datetime | None
    holds: Any
    ends_cleanup: bool
    step_timeout_secs: int | None
    log_lines: int
    cancel_reason: str | None
    deadline_at: datetime.datetime | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    no_cache: bool
    volume_keep_secs: int | None
    volume_job: uuid.UUID | None


_COLUMNS = columns(JobRow)


async def create_job(connection: Connection, job: NewJob) -> LockedJob | None:
    """Inserts a job, which is then locked by this transaction; None if its release was removed.

    Its first steps are made in the same transaction.
    """
    return (await create_jobs(connection, [job]))[0]


async def create_jobs(connection: Connection, new: Sequence[NewJob]) -> list[LockedJob | None]:
    """Inserts jobs like `create_job`, all statements sent together."""
    cursors = await send(connection, [_creation(job) for job in new])
    rows = [await cursor.fetchone() for cursor in cursors]
    return [None if row is None else _created(job, row[0]) for job, row in zip(new, rows, strict=True)]


_CREATE = """
        WITH made AS (
            INSERT INTO jobs (id, workspace, task, mode, source_type, source_id, source_job_id, release_id, revision,
                              files, plan, raw_input, sealed_input, input, deadline_at, step_timeout_secs, priority,
                              parent_job, parent_step, root_job, depth, hook_of, context, retry_of, retry_attempt,
                              max_retries, starts_at, restart, no_cache, slots, holds, volume_keep_secs, volume_job,
                              worker_id)
            SELECT %s, %s, %s, %s, %s, %s, %s, id, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), %s, %s,
                   %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s), %s, %s, %s, %s, %s,
                   %s, %s
            FROM releases WHERE id = %s
            RETURNING id, coalesce(source_id, source_type) AS source, source_job_id
        )
        INSERT INTO history (job_id, step, status, attempt, cause, actor, detail)
        SELECT id, 0, 'pending', 0, 'created', source, 'runs job ' || source_job_id || ' again' FROM made RETURNING at
        """


def _creation(job: NewJob) -> Statement:
    return (
        _CREATE,
        (
            job.id, job.workspace, job.task, job.mode, job.source_type, job.source_id, job.source_job_id, job.revision,
            job.files, job.plan, _json(job.raw_input if job.sealed_input is None else job.sealed_input.shown),
            None if job.sealed_input is None else job.sealed_input.envelope, _json(job.input),
            None if job.timeout_secs is None else job.timeout_secs + (job.starts_in_secs or 0), job.step_timeout_secs,
            job.priority, job.parent_job, job.parent_step, job.root_job, job.depth, job.hook_of,
            None if job.context is None else _json(job.context), job.retry_of, job.retry_attempt, job.max_retries,
            job.starts_in_secs, None if job.restart is None else _json(job.restart), job.no_cache,
            job_slots.stored(job.slots, job.shared), None if not job.holds else _json(records(job.holds)),
            job.volume_keep_secs, job.volume_job, job.worker_id, job.release_id,
        ),
    )  # fmt: skip


def _created(job: NewJob, now: datetime.datetime) -> LockedJob:
    state = JobState(
        is_local=job.mode == LOCAL, step_timeout=job.step_timeout_secs, has_parent=job.parent_job is not None,
        hook_of=None if job.hook_of is None else str(job.hook_of), context=job.context,
        retry_attempt=job.retry_attempt, begins_later=job.starts_in_secs is not None, workspace=job.workspace,
        slots=job.slots, shared=job.shared, is_partial=job.restart is not None, no_cache=job.no_cache,
        holds=job.holds, worker_id=job.worker_id,
    )  # fmt: skip
    return LockedJob(
        id=job.id, workspace=job.workspace, mode=job.mode, status=state.status, state=state, plan=job.plan, now=now,
        source_job_id=job.source_job_id, parent_job=job.parent_job, parent_step=job.parent_step, root_job=job.root_job,
        depth=job.depth, priority=job.priority, release_id=job.release_id,
    )  # fmt: skip


async def get_job(connection: Connection, job_id: uuid.UUID) -> JobRow | None:
    """A job with all columns, or None."""
    query = f"SELECT {_COLUMNS} FROM jobs WHERE id = %s"  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, (job_id,))
    return JobRow(**rows[0]) if rows else None


async def tasks_of(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """Workspace and task of jobs, by id."""
    rows = await fetch(connection, "SELECT id, workspace, task FROM jobs WHERE id = ANY(%s)", (list(ids),))
    return {job_id: (workspace, task) for job_id, workspace, task in rows}


async def count_by_status(connection: Connection, reach: Reach | None = None) -> dict[str, int]:
    """Numbers of reached jobs by status. If these are all, ended ones are read from a tally, not counted."""
    if reach is not None:
        condition, values = reached(reach, "jobs")
        query = f"SELECT status, count(*) FROM jobs WHERE {condition} GROUP BY status"  # noqa: S608 - a constant
        return dict.fromkeys(STATUSES, 0) | dict(await fetch(connection, query, values))
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
    """Id, start and end of the last completed jobs of a task, newest first; without those that kept steps of others."""
    rows = await fetch(
        connection,
        """
        SELECT id, started_at, completed_at FROM jobs
        WHERE workspace = %s AND task = %s AND status = 'completed' AND started_at IS NOT NULL
          AND restart IS NULL
        ORDER BY created_at DESC LIMIT %s
        """,
        (workspace, task, limit),
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def outputs_of(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Json]:
    """Outputs of jobs, by job id. Those of ended jobs never change."""
    if not ids:
        return {}
    return dict(await fetch(connection, "SELECT id, output FROM jobs WHERE id = ANY(%s)", (list(ids),)))


async def overdue_jobs(
    connection: Connection,
    limit: int,
    *,
    among: Collection[uuid.UUID] | None = None,
    excluded: Collection[uuid.UUID] = (),
) -> list[uuid.UUID]:
    """Jobs past their deadline: that of the task, or that of the cleanup after a cancellation.

    Of all jobs or `among` some, without `excluded`. A job whose cleanup is ended already is left out.
    """
    which = "id <> ALL(%s)" if among is None else "id = ANY(%s)"
    rows = await fetch(
        connection,
        f"""
        SELECT id FROM jobs WHERE status IN ('pending', 'running') AND deadline_at <= now() AND NOT ends_cleanup
          AND {which} ORDER BY deadline_at LIMIT %s
        """,  # noqa: S608 - constants
        (list(excluded if among is None else among), limit),
    )
    return [row[0] for row in rows]


@attrs.frozen(kw_only=True)
class JobFacts:
    """Immutable facts of a job.

    `committed_at` is the time of its release's commit, else of the release; `ref` is the branch, tag or commit of that
    release. `consumer` is what its steps are told of the trigger whose consumer it is. `input_fault` is the reason why
    the `sealed_input` cannot be decrypted.
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
    sealed_input: bytes | None = None
    input_fault: str | None = None
    parent_job: uuid.UUID | None = None
    hook_of: uuid.UUID | None = None
    source_job_id: uuid.UUID | None = None
    restart: Any = None
    consumer: Any = None
    volume_job: uuid.UUID | None = None


async def facts_of(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, JobFacts]:
    """Immutable facts of these jobs, by id."""
    rows = await fetch_named(
        connection,
        """
        SELECT j.id, j.workspace, j.task, j.revision, j.files, j.plan, j.release_id, j.input, j.raw_input,
               j.sealed_input, j.parent_job, j.hook_of, j.source_job_id, j.restart, j.volume_job,
               j.context->'consumer' AS consumer,
               coalesce((r.commit->>'at')::timestamptz, r.created_at) AS committed_at, r.ref
        FROM jobs j LEFT JOIN releases r ON r.id = j.release_id WHERE j.id = ANY(%s)
        """,
        (list(ids),),
    )
    return {row.pop("id"): JobFacts(**row) for row in rows}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


async def request_cancel(connection: Connection, job_id: uuid.UUID, reason: str) -> None:
    """Marks a job for cancellation. The first reason stays."""
    await execute(
        connection, "UPDATE jobs SET cancel_reason = coalesce(cancel_reason, %s) WHERE id = %s", (reason, job_id)
    )
