"""Publication of snapshots: a staged one becomes the latest of its scope, and old ones are pruned."""

import uuid
from typing import Any

import attrs

from stroem.store import blob_garbage
from stroem.store.state.scopes import StateScope
from stroem.store.state.staging import StagedContent
from stroem.store.statement import Connection, execute, fetch

_ADD = """
    INSERT INTO state_snapshots (id, workspace, task, job_id, step_name, made_by, blob, size_bytes, document)
    VALUES (%(id)s, %(workspace)s, %(task)s, %(job)s, %(step_name)s, %(made_by)s, %(blob)s, %(size)s, %(document)s)
    """
_PUBLISH = """
    WITH staged AS (
        SELECT s.id, s.workspace, s.task, s.step, s.document IS NOT NULL AS has_json FROM state_snapshots s
        WHERE s.id = %(id)s AND s.job_id = %(job)s AND s.number IS NULL AND (s.step IS NULL OR EXISTS (
            SELECT FROM steps t
            WHERE t.job_id = s.job_id AND t.id = s.step AND t.attempt = s.attempt
              AND t.status = 'running' AND NOT t.cancel_requested))
    ), head AS (
        INSERT INTO state_heads AS h (workspace, task, snapshot, number, has_json)
        SELECT workspace, task, id, 1, has_json FROM staged
        ON CONFLICT (workspace, task) DO UPDATE
        SET snapshot = excluded.snapshot, previous = h.snapshot, number = h.number + 1, has_json = excluded.has_json
        RETURNING workspace, task, snapshot, previous, number
    )
    UPDATE state_snapshots s SET number = head.number, created_at = clock_timestamp(),
        conflict = s.step IS NOT NULL AND s.base IS DISTINCT FROM head.previous
    FROM head WHERE s.id = head.snapshot
    RETURNING s.id, s.workspace, s.task, s.number, s.conflict, s.step_name, s.job_id
    """
_PRUNE = """
    DELETE FROM state_snapshots
    WHERE workspace = %(workspace)s AND task = %(task)s AND number <= %(number)s RETURNING blob
    """


@attrs.frozen(kw_only=True)
class Kept:
    """Numbers of snapshots to keep, of each task and of each workspace."""

    task: int = 5
    workspace: int = 5


@attrs.frozen(kw_only=True)
class Published:
    """A snapshot that became the latest of its scope.

    `conflict` is true if another was published since its writer read the state.
    """

    id: uuid.UUID
    scope: StateScope
    number: int
    conflict: bool
    step_name: str | None
    job_id: uuid.UUID


async def publish_staged(
    connection: Connection, snapshot: uuid.UUID, job_id: uuid.UUID, kept: Kept
) -> Published | None:
    """Publishes the snapshot of a running step whose outcome is recorded in this transaction; its job is locked.

    None if it was published before, or its attempt has ended or is being cancelled.
    """
    rows = await fetch(connection, _PUBLISH, {"id": snapshot, "job": job_id})
    return await _pruned(connection, rows[0], kept) if rows else None


async def publish(
    connection: Connection,
    scope: StateScope,
    content: StagedContent,
    kept: Kept,
    *,
    job_id: uuid.UUID,
    step_name: str | None = None,
    made_by: str | None = None,
) -> Published:
    """Stores and publishes a snapshot that no attempt of a step is known to have written."""
    values = {
        "id": uuid.uuid4(),
        "workspace": scope.workspace,
        "task": scope.task,
        "job": job_id,
        "step_name": step_name,
        "made_by": made_by,
        "blob": content.blob,
        "size": content.size_bytes,
        "document": content.document,
    }
    await execute(connection, _ADD, values)
    rows = await fetch(connection, _PUBLISH, {"id": values["id"], "job": job_id})
    return await _pruned(connection, rows[0], kept)


async def _pruned(connection: Connection, row: Any, kept: Kept) -> Published:
    scope = StateScope(workspace=row[1], task=row[2])
    last = row[3] - (kept.workspace if scope.is_global else kept.task)
    if last > 0:
        gone = await fetch(connection, _PRUNE, {"workspace": scope.workspace, "task": scope.task, "number": last})
        await blob_garbage.add(connection, {one[0] for one in gone})
    return Published(id=row[0], scope=scope, number=row[3], conflict=row[4], step_name=row[5], job_id=row[6])
