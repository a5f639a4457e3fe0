"""Removal of artifacts: of attempts that did not complete, expired ones, and those of deleted jobs."""

from stroem.store import blob_garbage
from stroem.store.statement import Connection, fetch

_CHECK = """
    WITH due AS (
        SELECT id, job_id, step, attempt FROM artifacts
        WHERE check_at <= now()
        ORDER BY check_at LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED
    ), found AS (
        SELECT due.id, s.status = 'completed' AND s.attempt = due.attempt AS counts,
               s.status IN ('running', 'ready', 'pending') AND s.attempt <= due.attempt AS may_count
        FROM due LEFT JOIN steps s ON s.job_id = due.job_id AND s.id = due.step
    ), gone AS (
        DELETE FROM artifacts USING found
        WHERE artifacts.id = found.id AND found.counts IS NOT TRUE AND found.may_count IS NOT TRUE
        RETURNING artifacts.blob
    ), kept AS (
        UPDATE artifacts SET check_at = CASE WHEN found.counts THEN NULL ELSE now() + interval '1 day' END
        FROM found WHERE artifacts.id = found.id AND (found.counts OR found.may_count)
        RETURNING artifacts.id
    )
    SELECT (SELECT count(*) FROM due), (SELECT array_agg(blob) FROM gone), (SELECT count(*) FROM kept)
    """
_EXPIRED = """
    DELETE FROM artifacts WHERE id IN (
        SELECT id FROM artifacts WHERE expires_at <= now()
        ORDER BY expires_at LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED
    ) RETURNING blob
    """
_OLD = """
    DELETE FROM artifacts WHERE id IN (
        SELECT id FROM artifacts
        WHERE check_at IS NULL AND expires_at IS NULL AND created_at <= now() - make_interval(days => %(days)s)
        ORDER BY created_at LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED
    ) RETURNING blob
    """


async def check_artifacts(connection: Connection, limit: int, skip: int) -> int:
    """Deletes artifacts of attempts that ended without completing their step, and of deleted jobs.

    Those of attempts that still run are checked again a day later. Returns the number of checked rows.
    """
    rows = await fetch(connection, _CHECK, {"limit": limit, "skip": skip})
    count, gone, _ = rows[0]
    await blob_garbage.add(connection, set(gone or ()))
    return int(count)


async def drop_expired(connection: Connection, limit: int, skip: int) -> int:
    """Deletes artifacts whose time is over; returns their number."""
    return await _drop(connection, _EXPIRED, {"limit": limit, "skip": skip})


async def drop_old(connection: Connection, days: int, limit: int, skip: int) -> int:
    """Deletes artifacts without a time of their own that are older than `days`; returns their number."""
    return await _drop(connection, _OLD, {"days": days, "limit": limit, "skip": skip})


async def _drop(connection: Connection, sql: str, values: dict[str, int]) -> int:
    rows = await fetch(connection, sql, values)
    await blob_garbage.add(connection, {row[0] for row in rows})
    return len(rows)
