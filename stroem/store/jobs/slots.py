"""Slots of concurrency limits: granted in order of waiting, freed with the end of their owners."""

import uuid
from collections.abc import Collection, Mapping

from stroem.store.jobs.steps import StepId, step_key
from stroem.store.statement import Connection, execute, fetch, records, storable


async def owners_in(connection: Connection, job_id: uuid.UUID) -> list[StepId]:
    """Steps of a job that hold a slot or wait for one."""
    rows = await fetch(
        connection,
        """
        SELECT step FROM slots WHERE job_id = %(job)s
        UNION
        SELECT id FROM steps WHERE job_id = %(job)s AND status = 'pending' AND waits_for LIKE 'slot:%%'
        """,
        {"job": job_id},
    )
    return [(job_id, row[0]) for row in rows]


async def keys_of(connection: Connection, owners: Collection[StepId]) -> set[str]:
    """Keys of the slots that steps hold or wait for."""
    rows = await fetch(
        connection,
        """
        WITH owners AS (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s)
        SELECT s.key FROM owners n JOIN slots s ON s.job_id = n.job_id AND s.step = n.step
        UNION
        SELECT substr(s.waits_for, 6) FROM owners n JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
        WHERE s.waits_for LIKE 'slot:%%'
        """,
        records([step_key(owner) for owner in owners]),
    )
    return {row[0] for row in rows}


async def lock_keys(connection: Connection, sizes: Mapping[str, int | None]) -> None:
    """Locks keys until the end of the transaction, in their order to avoid deadlocks.

    A key gets the given size, unless it is None.
    """
    wanted = [{"key": storable(key), "size": size} for key, size in sorted(sizes.items()) if size is not None]
    if wanted:
        await execute(
            connection,
            """
            INSERT INTO slot_keys (key, size)
            SELECT * FROM json_to_recordset(%s::json) AS n (key text, size int) LIMIT %s ON CONFLICT DO NOTHING
            """,
            records(wanted),
        )
    await execute(
        connection,
        """SELECT FROM slot_keys WHERE key = ANY(%s) ORDER BY key COLLATE "C" FOR UPDATE""",
        (sorted(str(storable(key)) for key in sizes),),
    )
    if wanted:
        await execute(
            connection,
            """
            UPDATE slot_keys k SET size = n.size
            FROM (SELECT * FROM json_to_recordset(%s::json) AS n (key text, size int) LIMIT %s) n
            WHERE k.key = n.key AND k.size <> n.size
            """,
            records(wanted),
        )


async def free(connection: Connection, owners: Collection[StepId]) -> None:
    """Frees the slots of steps; their keys are locked."""
    await execute(
        connection,
        """
        DELETE FROM slots s USING (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s) n
        WHERE s.job_id = n.job_id AND s.step = n.step
        """,
        records([step_key(owner) for owner in owners]),
    )


async def grant(connection: Connection, keys: Collection[str]) -> set[uuid.UUID]:
    """Gives free slots of locked keys to the steps that wait longest; returns the jobs that get a message."""
    rows = await fetch(
        connection,
        """
        WITH locked AS MATERIALIZED (
            SELECT k.key, k.size, greatest(k.size - (SELECT count(*) FROM slots s WHERE s.key = k.key), 0) AS room
            FROM slot_keys k WHERE k.key = ANY(%s)
        ), waiting AS MATERIALIZED (
            SELECT k.key, w.job_id, w.id,
                   row_number() OVER (PARTITION BY k.key ORDER BY w.ready_at, w.job_id, w.id) AS nth
            FROM locked k CROSS JOIN LATERAL (
                SELECT s.job_id, s.id, s.ready_at FROM steps s
                WHERE s.status = 'pending' AND s.waits_for LIKE 'slot:%%' AND s.waits_for = 'slot:' || k.key
                  AND NOT EXISTS (SELECT FROM slots o WHERE o.job_id = s.job_id AND o.step = s.id AND o.key = k.key)
                ORDER BY s.ready_at, s.job_id, s.id LIMIT k.room) w
        ), numbers AS MATERIALIZED (
            SELECT k.key, n.number, row_number() OVER (PARTITION BY k.key ORDER BY n.number) AS nth
            FROM locked k CROSS JOIN LATERAL (
                SELECT number FROM generate_series(1, k.size) number
                WHERE NOT EXISTS (SELECT FROM slots s WHERE s.key = k.key AND s.number = number.number)
                LIMIT k.room) n
        ), granted AS (
            INSERT INTO slots (key, number, job_id, step)
            SELECT w.key, n.number, w.job_id, w.id FROM waiting w JOIN numbers n ON n.key = w.key AND n.nth = w.nth
            RETURNING job_id, step
        )
        INSERT INTO messages (job_id, step, kind) SELECT job_id, step, 'granted' FROM granted RETURNING job_id
        """,
        ([storable(key) for key in keys],),
    )
    return {row[0] for row in rows}
