"""What workers with an identity hold: running steps, local jobs, files and state."""

import uuid

from stroem.store.statement import Connection, execute, fetch

_OWN = """
    SELECT FROM workers w JOIN steps s ON s.worker_id = w.id AND s.status = 'running' JOIN jobs j ON j.id = s.job_id
    WHERE w.identity_id = %(identity)s AND {job}
    UNION ALL
    SELECT FROM workers w
    JOIN jobs j ON j.worker_id = w.id AND j.mode = 'local' AND j.status IN ('pending', 'running')
    WHERE w.identity_id = %(identity)s AND {job}
    LIMIT 1
    """
_FILES = _OWN.format(job="j.workspace = %(workspace)s AND coalesce(j.files, j.revision) = %(revision)s")
_STATE = _OWN.format(job="j.workspace = %(workspace)s AND %(task)s IN (j.task, '')")


async def owner_of_worker(connection: Connection, worker_id: uuid.UUID) -> tuple[uuid.UUID | None] | None:
    """The identity that has registered a worker, which is None for the shared token; None for an unknown worker."""
    rows = await fetch(connection, "SELECT identity_id FROM workers WHERE id = %s", [worker_id])
    return (rows[0][0],) if rows else None


async def holds_files(connection: Connection, identity_id: uuid.UUID, workspace: str, revision: str) -> bool:
    """Whether workers of an identity run a step, or have a local job, with these files of a workspace."""
    values = {"identity": identity_id, "workspace": workspace, "revision": revision}
    return bool(await fetch(connection, _FILES, values))


async def holds_state(connection: Connection, identity_id: uuid.UUID, workspace: str, task: str) -> bool:
    """Whether workers of an identity run a step, or have a local job, of a task; '' stands for any task."""
    return bool(await fetch(connection, _STATE, {"identity": identity_id, "workspace": workspace, "task": task}))


async def had_consumer(connection: Connection, identity_id: uuid.UUID, job_id: uuid.UUID, source_id: str) -> bool:
    """Whether workers of an identity have, or had, a step of a job, which is the consumer of this trigger.

    Events may come after the step that wrote them, and after another worker has begun its next attempt.
    """
    rows = await fetch(
        connection,
        """
        SELECT FROM jobs j JOIN workers w ON w.identity_id = %(identity)s
        WHERE j.id = %(job)s AND j.source_id = %(source)s AND j.context->'consumer' IS NOT NULL AND (
            EXISTS (SELECT FROM steps s WHERE s.job_id = j.id AND s.worker_id = w.id)
            OR EXISTS (SELECT FROM history h WHERE h.job_id = j.id AND h.cause = 'claim' AND h.actor = w.id::text))
        LIMIT 1
        """,
        {"identity": identity_id, "job": job_id, "source": source_id},
    )
    return bool(rows)


async def note_step_files(connection: Connection, job_id: uuid.UUID, step: int, attempt: int, sha256: str) -> None:
    """Notes that an attempt of a step has sent a tar."""
    sql = "INSERT INTO step_files (sha256, job_id, step, attempt) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
    await execute(connection, sql, [sha256, job_id, step, attempt])


async def count_step_files(connection: Connection, job_id: uuid.UUID, step: int, attempt: int) -> int:
    """The number of tars that an attempt of a step has sent."""
    sql = "SELECT count(*) FROM step_files WHERE job_id = %s AND step = %s AND attempt = %s"
    return int((await fetch(connection, sql, [job_id, step, attempt]))[0][0])


async def holds_step_files(connection: Connection, identity_id: uuid.UUID, sha256: str) -> bool:
    """Whether a tar was sent by a step that runs on a worker of an identity."""
    rows = await fetch(
        connection,
        """
        SELECT FROM step_files f
        JOIN steps s ON s.job_id = f.job_id AND s.id = f.step AND s.attempt = f.attempt AND s.status = 'running'
        JOIN workers w ON w.id = s.worker_id
        WHERE f.sha256 = %s AND w.identity_id = %s LIMIT 1
        """,
        [sha256, identity_id],
    )
    return bool(rows)


async def forget_step_files(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` notes of tars that were sent more than a week ago, after the first `skip`."""
    return await execute(
        connection,
        "DELETE FROM step_files WHERE (sha256, job_id, step, attempt) IN (SELECT sha256, job_id, step, attempt"
        " FROM step_files WHERE sent_at < now() - interval '7 days' ORDER BY sent_at LIMIT %s OFFSET %s"
        " FOR UPDATE SKIP LOCKED)",
        [limit, skip],
    )
