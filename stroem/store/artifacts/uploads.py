"""Uploads of running attempts. They count once the step has completed with that attempt."""

import uuid

import attrs

from stroem.store import blob_garbage
from stroem.store.statement import Connection, fetch

_WRITER = """
    SELECT j.status, j.workspace, j.task, s.node, s.id IS NOT NULL AND s.status = 'running' AND s.attempt = %(attempt)s
           AND NOT s.cancel_requested AND (%(worker)s::uuid IS NULL OR s.worker_id = %(worker)s)
    FROM jobs j LEFT JOIN steps s ON s.job_id = j.id AND s.id = %(step)s
    WHERE j.id = %(job)s
    """
_OTHERS = """
    SELECT count(*), coalesce(sum(a.size_bytes), 0)::bigint FROM artifacts a
    JOIN steps s ON s.job_id = a.job_id AND s.id = a.step AND s.attempt = a.attempt
        AND s.status IN ('running', 'completed')
    WHERE a.job_id = %(job)s AND (a.step, a.name) <> (%(step)s, %(name)s)
    """
_DROP_FORMER = (
    "DELETE FROM artifacts WHERE job_id = %(job)s AND step = %(step)s AND attempt < %(attempt)s RETURNING blob"
)
_DROP = "DELETE FROM artifacts WHERE job_id = %(job)s AND step = %(step)s AND attempt = %(attempt)s RETURNING blob"
_REPLACED = """
    SELECT blob FROM artifacts
    WHERE job_id = %(job)s AND step = %(step)s AND attempt = %(attempt)s AND name = %(name)s AND blob <> %(blob)s
    """
_ADD = """
    INSERT INTO artifacts AS a (id, job_id, step, attempt, workspace, task, step_name, name, content_type, size_bytes,
                                blob, expires_at)
    VALUES (%(id)s, %(job)s, %(step)s, %(attempt)s, %(workspace)s, %(task)s, %(step_name)s, %(name)s, %(content_type)s,
            %(size)s, %(blob)s, now() + make_interval(secs => %(keep)s))
    ON CONFLICT (job_id, step, attempt, name) DO UPDATE
    SET content_type = excluded.content_type, size_bytes = excluded.size_bytes, blob = excluded.blob,
        created_at = excluded.created_at, expires_at = excluded.expires_at
    RETURNING a.id
    """


@attrs.frozen(kw_only=True)
class Writer:
    """An attempt of a step that uploads. Workers of the older contract do not give their id."""

    job_id: uuid.UUID
    step: int
    attempt: int
    worker_id: uuid.UUID | None = None

    @property
    def values(self) -> dict[str, object]:
        """The parameters of statements."""
        return {"job": self.job_id, "step": self.step, "attempt": self.attempt, "worker": self.worker_id}


@attrs.frozen(kw_only=True)
class WriterState:
    """The job of a writer, the node of its step, and whether it may still write."""

    job_status: str
    workspace: str
    task: str
    node: int | None
    may_write: bool


@attrs.frozen(kw_only=True)
class Totals:
    """The number of artifacts of a job, and their bytes."""

    files: int
    size_bytes: int


@attrs.frozen(kw_only=True)
class NewArtifact:
    """An artifact whose content is in the blob store. It is kept for `keep` seconds if that is set."""

    name: str
    content_type: str
    size_bytes: int
    blob: str
    step_name: str
    keep: int | None = None


async def writer_state(connection: Connection, writer: Writer, *, lock: bool = False) -> WriterState | None:
    """The state of a writer; None for an unknown job. With `lock`, its job does not change before the transaction ends.

    The lock also keeps two uploads of a job from passing its limits together.
    """
    rows = await fetch(connection, _WRITER + ("FOR NO KEY UPDATE OF j" if lock else ""), writer.values)
    if not rows:
        return None
    status, workspace, task, node, may_write = rows[0]
    return WriterState(job_status=status, workspace=workspace, task=task, node=node, may_write=may_write)


async def other_artifacts(connection: Connection, writer: Writer, name: str) -> Totals:
    """The artifacts of the writer's job that count or may count, beside the one that it would write."""
    rows = await fetch(connection, _OTHERS, {**writer.values, "name": name})
    return Totals(files=rows[0][0], size_bytes=rows[0][1])


async def add_artifact(connection: Connection, writer: Writer, state: WriterState, new: NewArtifact) -> uuid.UUID:
    """Stores an artifact in the place of one of the same name; returns its id. The job is locked."""
    values = {
        **writer.values,
        "id": uuid.uuid4(),
        "workspace": state.workspace,
        "task": state.task,
        "step_name": new.step_name,
        "name": new.name,
        "content_type": new.content_type,
        "size": new.size_bytes,
        "blob": new.blob,
        "keep": new.keep,
    }
    unused = [*await fetch(connection, _REPLACED, values), *await fetch(connection, _DROP_FORMER, values)]
    rows = await fetch(connection, _ADD, values)
    await blob_garbage.add(connection, {row[0] for row in unused})
    found: uuid.UUID = rows[0][0]
    return found


async def drop_artifacts(connection: Connection, writer: Writer) -> None:
    """Deletes what an attempt has uploaded. The job is locked."""
    rows = await fetch(connection, _DROP, writer.values)
    await blob_garbage.add(connection, {row[0] for row in rows})
