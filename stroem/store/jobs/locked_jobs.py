"""Locked jobs, with what the engine and its driver need of them."""

import datetime
import uuid
from collections.abc import Collection
from typing import Any

import attrs

from stroem.engine.plan import LOCAL
from stroem.engine.values.state import JobState
from stroem.store.jobs.holds import holds_of
from stroem.store.limits import job_slots
from stroem.store.statement import Connection, Cursor, Statement, fetch, send


@attrs.frozen(kw_only=True)
class LockedJob:
    """A job locked by this transaction. `status` and `state` are as they were read; `now` is the database's time.

    `plan` is the digest of its plan; `queue_rank` is the largest rank given to a step.
    """

    id: uuid.UUID
    workspace: str
    mode: str
    status: str
    state: JobState
    plan: str
    now: datetime.datetime
    log_lines: int = 0
    source_job_id: uuid.UUID | None = None
    parent_job: uuid.UUID | None = None
    parent_step: int | None = None
    root_job: uuid.UUID | None = None
    depth: int = 0
    priority: int = 0
    queue_rank: int = 0
    release_id: int | None = None


_LOCK = """
    SELECT id, workspace, mode, status, plan, clock_timestamp(), log_lines, source_job_id, parent_job, parent_step,
           root_job, depth, priority, queue_rank, step_timeout_secs,
           open, failed, moving, next_step, cancel_reason, ends_cleanup, paused_at IS NOT NULL, worker_id, context,
           fragments, error, hook_of, retry_attempt, starts_at IS NOT NULL AND next_step = 1 AND waits_for IS NULL,
           waits_for, slots, release_id, restart IS NOT NULL, no_cache, holds
    FROM jobs WHERE id = ANY(%s) ORDER BY id FOR UPDATE
    """


async def lock_jobs(connection: Connection, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LockedJob]:
    """Locks jobs in the order of their ids, to avoid deadlocks."""
    (cursor,) = await send(connection, [locking(ids)])
    return await locked_by(cursor)


async def runs_on(connection: Connection, job_id: uuid.UUID, worker_id: uuid.UUID) -> bool:
    """True if a step of the job runs on the worker."""
    query = "SELECT FROM steps WHERE job_id = %s AND worker_id = %s AND status = 'running' LIMIT 1"
    return bool(await fetch(connection, query, (job_id, worker_id)))


def locking(ids: Collection[uuid.UUID]) -> Statement:
    """The statement of `lock_jobs`, to be sent together with others that read what the locks protect."""
    return _LOCK, (sorted(ids),)


async def locked_by(cursor: Cursor) -> dict[uuid.UUID, LockedJob]:
    """The jobs that the statement has locked."""
    return {row[0]: _locked_job(row) for row in await cursor.fetchall()}


def _locked_job(row: Any) -> LockedJob:
    state = JobState(
        status=row[3], error=row[25], open=row[15], failed=row[16], moving=row[17], next_step=row[18],
        cancel_reason=row[19], ends_cleanup=row[20], paused=row[21], is_local=row[2] == LOCAL, worker_id=row[22],
        step_timeout=row[14], has_parent=row[8] is not None, context=row[23],
        hook_of=None if row[26] is None else str(row[26]), retry_attempt=row[27], begins_later=row[28],
        fragments=tuple([(first, digest) for first, digest in row[24] or ()]), workspace=row[1], waits_for=row[29],
        is_partial=row[32], no_cache=row[33], holds=holds_of(row[34]), **job_slots.fields_of(row[30]),
    )  # fmt: skip
    return LockedJob(
        id=row[0], workspace=row[1], mode=row[2], status=row[3], state=state, plan=row[4], now=row[5], log_lines=row[6],
        source_job_id=row[7], parent_job=row[8], parent_step=row[9], root_job=row[10], depth=row[11], priority=row[12],
        queue_rank=row[13], release_id=row[31],
    )  # fmt: skip
