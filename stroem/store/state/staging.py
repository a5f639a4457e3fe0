"""Staged snapshots of running steps, and their publication with the outcome."""

import uuid
from collections.abc import Collection, Sequence

import attrs

from stroem.store.state.scopes import StateScope
from stroem.store.statement import Connection, fetch

_STAGE = """
    WITH old AS (
        SELECT blob FROM state_snapshots
        WHERE job_id = %(job)s AND step = %(step)s AND attempt = %(attempt)s AND (task = '') = (%(task)s = '')
    ), staged AS (
        INSERT INTO state_snapshots AS s (id, workspace, task, job_id, step, attempt, step_name, blob, size_bytes,
                                          document, base)
        SELECT %(id)s, %(workspace)s, %(task)s, job_id, id, attempt, %(step_name)s, %(blob)s, %(size)s, %(document)s,
               %(base)s
        FROM steps WHERE job_id = %(job)s AND id = %(step)s AND attempt = %(attempt)s AND worker_id = %(worker)s
            AND status = 'running' AND NOT cancel_requested
        ON CONFLICT (job_id, step, attempt, (task = '')) WHERE step IS NOT NULL DO UPDATE
        SET blob = excluded.blob, size_bytes = excluded.size_bytes, document = excluded.document,
            base = excluded.base, created_at = now()
        WHERE s.number IS NULL
        RETURNING id
    )
    SELECT staged.id, old.blob FROM staged LEFT JOIN old ON old.blob <> %(blob)s
    """
_OLDER = """
    SELECT s.id FROM steps s JOIN jobs j ON j.id = s.job_id
    WHERE s.job_id = %s AND s.status = 'running' AND s.asked_at IS NOT NULL AND NOT s.cancel_requested
      AND j.cancel_reason IS NULL FOR SHARE OF s
    """
_DROP_STAGED = """
    DELETE FROM state_snapshots WHERE id IN (
        SELECT id FROM state_snapshots WHERE number IS NULL AND created_at < now() - make_interval(hours => %s)
        ORDER BY created_at LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED
    ) RETURNING blob
    """


@attrs.frozen(kw_only=True)
class StagedContent:
    """The content of a snapshot in the blob store. `document` is its state.json as JSON text."""

    blob: str
    size_bytes: int
    document: str | None = None


@attrs.frozen(kw_only=True)
class StepOfWorker:
    """An attempt of a step, and the worker that runs it."""

    job_id: uuid.UUID
    step: int
    attempt: int
    worker_id: uuid.UUID
    step_name: str


@attrs.frozen(kw_only=True)
class Staged:
    """A staged snapshot. `replaced` is the blob of an earlier upload of the same attempt, if it was another."""

    id: uuid.UUID
    replaced: str | None


async def stage(
    connection: Connection, scope: StateScope, content: StagedContent, writer: StepOfWorker, base: uuid.UUID | None
) -> Staged | None:
    """Stores a snapshot for the time when the outcome of its step is recorded; repeating it replaces it.

    None if the worker does not run the attempt any more, or the attempt is being cancelled.
    """
    values = {
        "id": uuid.uuid4(),
        "workspace": scope.workspace,
        "task": scope.task,
        "job": writer.job_id,
        "step": writer.step,
        "attempt": writer.attempt,
        "worker": writer.worker_id,
        "step_name": writer.step_name,
        "blob": content.blob,
        "size": content.size_bytes,
        "document": content.document,
        "base": base,
    }
    rows = await fetch(connection, _STAGE, values)
    return Staged(id=rows[0][0], replaced=rows[0][1]) if rows else None


async def lock_steps_of_older_workers(connection: Connection, job_id: uuid.UUID) -> list[int]:
    """The steps of a job that older workers run. They do not end before the transaction does."""
    return [row[0] for row in await fetch(connection, _OLDER, (job_id,))]


async def is_job_of(connection: Connection, scope: StateScope, job_id: uuid.UUID) -> bool:
    """Whether the job is one of the scope's task or workspace."""
    sql = "SELECT FROM jobs WHERE id = %s AND workspace = %s AND (%s = '' OR task = %s)"
    return bool(await fetch(connection, sql, (job_id, scope.workspace, scope.task, scope.task)))


async def in_order_of_scopes(connection: Connection, snapshots: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Snapshots in the order in which scopes are locked, and those of a scope by age."""
    sql = "SELECT id FROM state_snapshots WHERE id = ANY(%s) ORDER BY workspace, task, created_at, id"
    return [row[0] for row in await fetch(connection, sql, (list(snapshots),))]


async def drop_staged(connection: Connection, hours: int, limit: int, skip: int) -> Sequence[str]:
    """Deletes snapshots whose outcome never came; returns their blobs."""
    return [row[0] for row in await fetch(connection, _DROP_STAGED, (hours, limit, skip))]
