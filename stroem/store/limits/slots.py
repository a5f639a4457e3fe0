"""Slots of concurrency limits: granted in the order of the line, freed with the end of their owners.

An owner is a step, or a job (step 0). All changes of a key are made while its row is locked.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.limit import Rate
from stroem.store.statement import Connection, execute, fetch, records, storable

Owner = tuple[uuid.UUID, int]
"""The owner of a slot: a job, and the number of its step, or 0."""
_MOST_TOLD = 1000
"""Most jobs of each kind that the message about a full key names."""


@attrs.frozen(kw_only=True)
class KeySize:
    """The size of a key and its rate. With a `release_id`, it counts if that is the current release of `workspace`."""

    size: int
    rate: Rate | None = None
    workspace: str | None = None
    release_id: int | None = None


@attrs.frozen(kw_only=True)
class Waiting:
    """An owner that waits for a slot of a key. Of two, the one with the smaller `priority` is first."""

    owner: Owner
    key: str
    priority: int = 0


def owner_key(owner: Owner) -> dict[str, Any]:
    """Key columns of an owner, for `records`."""
    return {"job_id": owner[0], "step": owner[1]}


async def owners_in(connection: Connection, job_id: uuid.UUID) -> list[Owner]:
    """The job and its steps, as far as they hold a slot or wait for one."""
    query = "SELECT step FROM slots WHERE job_id = %(job)s UNION SELECT step FROM slot_line WHERE job_id = %(job)s"
    return [(job_id, row[0]) for row in await fetch(connection, query, {"job": job_id})]


async def keys_of(connection: Connection, owners: Collection[Owner]) -> set[str]:
    """Keys of the slots that owners hold or wait for."""
    rows = await fetch(
        connection,
        """
        WITH owners AS (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s)
        SELECT s.key FROM owners n JOIN slots s ON s.job_id = n.job_id AND s.step = n.step
        UNION
        SELECT l.key FROM owners n JOIN slot_line l ON l.job_id = n.job_id AND l.step = n.step
        """,
        records([owner_key(owner) for owner in owners]),
    )
    return {row[0] for row in rows}


async def lock_keys(connection: Connection, sizes: Mapping[str, KeySize | None]) -> None:
    """Locks keys until the end of the transaction, in their order to avoid deadlocks.

    A key gets the given size, unless it is None.
    """
    wanted = [{"key": storable(key), **_size(size)} for key, size in sizes.items()]
    await execute(
        connection,
        """
        INSERT INTO slot_keys AS k (key, size, rate, per_secs, workspace, release_id)
        SELECT key, coalesce(size, 0), rate, per_secs, workspace, release_id
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
            key text, size int, rate int, per_secs int, workspace text, release_id bigint) LIMIT %s) n
        ORDER BY key COLLATE "C"
        ON CONFLICT (key) DO UPDATE SET (size, rate, per_secs, release_id) = (
            SELECT CASE WHEN given THEN excluded.size ELSE k.size END,
                   CASE WHEN given THEN excluded.rate ELSE k.rate END,
                   CASE WHEN given THEN excluded.per_secs ELSE k.per_secs END,
                   CASE WHEN given THEN excluded.release_id ELSE k.release_id END
            FROM (SELECT excluded.size > 0 AND (excluded.release_id IS NULL OR k.release_id IS NULL OR
                      excluded.release_id = (SELECT current_release FROM workspaces w WHERE w.name = excluded.workspace)
                  ) AS given) g)
        """,
        records(wanted),
    )


def _size(size: KeySize | None) -> dict[str, object]:
    if size is None:
        return {}
    rate = {} if size.rate is None else {"rate": size.rate.starts, "per_secs": size.rate.secs}
    return {"size": size.size, "workspace": size.workspace, "release_id": size.release_id, **rate}


async def line_up(connection: Connection, waiting: Sequence[Waiting]) -> None:
    """Puts owners at the end of the lines for locked keys, in this order."""
    await execute(
        connection,
        """
        INSERT INTO slot_line (key, priority, job_id, step)
        SELECT key, priority, job_id, step FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
            key text, priority smallint, job_id uuid, step int, nth int) LIMIT %s) n ORDER BY nth
        """,
        records(
            [
                {**owner_key(one.owner), "key": storable(one.key), "priority": one.priority, "nth": nth}
                for nth, one in enumerate(waiting)
            ]
        ),
    )


async def free(connection: Connection, owners: Collection[Owner]) -> None:
    """Frees the slots of owners, which also leave the line; their keys are locked."""
    await execute(
        connection,
        """
        WITH owners AS MATERIALIZED (
            SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s
        ), left_line AS (
            DELETE FROM slot_line l USING owners n WHERE l.job_id = n.job_id AND l.step = n.step
        )
        DELETE FROM slots s USING owners n WHERE s.job_id = n.job_id AND s.step = n.step
        """,
        records([owner_key(owner) for owner in owners]),
    )


ROOM = """
    greatest(least(
        k.size - (SELECT count(*) FROM slots s WHERE s.key = k.key),
        k.rate - (SELECT count(*) FROM slot_uses u
                  WHERE u.key = k.key AND u.at > statement_timestamp() - make_interval(secs => k.per_secs))), 0)
    """
"""The number of slots of a key `k` that can be taken now. `least` passes over the rate of a key that has none."""


async def grant(connection: Connection, keys: Collection[str]) -> set[uuid.UUID]:
    """Gives free slots of locked keys to the owners that are first in line; returns the jobs that get a message."""
    rows = await fetch(
        connection,
        f"""
        WITH free AS MATERIALIZED (
            SELECT k.key, k.size, k.rate, {ROOM} AS room FROM slot_keys k WHERE k.key = ANY(%(keys)s)
        ), locked AS MATERIALIZED (
            SELECT k.key, k.size, k.rate,
                   (SELECT count(*) FROM (SELECT FROM slot_line l WHERE l.key = k.key LIMIT k.room) w) AS room
            FROM free k
        ), waiting AS MATERIALIZED (
            SELECT k.key, w.id, w.job_id, w.step,
                   row_number() OVER (PARTITION BY k.key ORDER BY w.priority, w.id) AS nth
            FROM locked k CROSS JOIN LATERAL (
                SELECT l.id, l.priority, l.job_id, l.step FROM slot_line l WHERE l.key = k.key
                ORDER BY l.priority, l.id LIMIT k.room) w
        ), numbers AS MATERIALIZED (
            SELECT k.key, n.number, row_number() OVER (PARTITION BY k.key ORDER BY n.number) AS nth
            FROM locked k CROSS JOIN LATERAL (
                SELECT number FROM generate_series(
                    1, least(k.size, (SELECT count(*) FROM slots s WHERE s.key = k.key) + k.room)) number
                WHERE NOT EXISTS (SELECT FROM slots s WHERE s.key = k.key AND s.number = number.number)
                LIMIT k.room) n
        ), granted AS (
            INSERT INTO slots (key, number, job_id, step)
            SELECT w.key, n.number, w.job_id, w.step FROM waiting w JOIN numbers n ON n.key = w.key AND n.nth = w.nth
            RETURNING key
        ), left_line AS (
            DELETE FROM slot_line l USING waiting w WHERE l.id = w.id
        ), used AS (
            INSERT INTO slot_uses (key, at)
            SELECT g.key, statement_timestamp() FROM granted g JOIN locked k ON k.key = g.key WHERE k.rate IS NOT NULL
        ), told AS (
            INSERT INTO messages (job_id, step, kind, payload)
            SELECT w.job_id, w.step, 'granted', json_build_object('key', w.key)
            FROM waiting w JOIN numbers n ON n.key = w.key AND n.nth = w.nth ORDER BY w.id RETURNING job_id
        )
        SELECT job_id, NULL FROM told UNION SELECT NULL, key FROM locked WHERE rate IS NOT NULL
        """,  # noqa: S608 - a constant
        {"keys": [storable(key) for key in keys]},
    )
    if rated := [row[1] for row in rows if row[1] is not None]:
        await _set_openings(connection, rated)
    return {row[0] for row in rows if row[0] is not None}


async def _set_openings(connection: Connection, keys: Collection[str]) -> None:
    """Notes when full windows of locked keys open, if owners wait for that. Forgets uses before the windows."""
    await execute(
        connection,
        """
        WITH gone AS (
            DELETE FROM slot_uses u USING slot_keys k
            WHERE k.key = ANY(%(keys)s) AND u.key = k.key
              AND u.at <= statement_timestamp() - make_interval(secs => k.per_secs)
        )
        UPDATE slot_keys k SET opens_at = CASE
            WHEN EXISTS (SELECT FROM slot_line l WHERE l.key = k.key)
                 AND (SELECT count(*) FROM slots s WHERE s.key = k.key) < k.size
            THEN (SELECT u.at + make_interval(secs => k.per_secs) FROM slot_uses u WHERE u.key = k.key
                  ORDER BY u.at DESC OFFSET k.rate - 1 LIMIT 1) END
        WHERE k.key = ANY(%(keys)s)
        """,
        {"keys": list(keys)},
    )


async def tell_waiting(connection: Connection, jobs: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Sends a message to those of the jobs that are still in line: who has the slots, and who is before them."""
    rows = await fetch(
        connection,
        """
        INSERT INTO messages (job_id, step, kind, payload)
        SELECT l.job_id, 0, 'full', json_build_object('key', l.key, 'held', (
            SELECT coalesce(json_agg(h.job_id ORDER BY h.taken_at, h.number), '[]') FROM (
                SELECT s.job_id, s.taken_at, s.number FROM slots s WHERE s.key = l.key
                ORDER BY s.taken_at, s.number LIMIT %(most)s) h
        ), 'ahead', (
            SELECT coalesce(json_agg(a.job_id ORDER BY a.priority, a.id), '[]') FROM (
                SELECT o.job_id, o.priority, o.id FROM slot_line o
                WHERE o.key = l.key AND (o.priority, o.id) < (l.priority, l.id)
                ORDER BY o.priority, o.id LIMIT %(most)s) a
        )) FROM slot_line l WHERE l.job_id = ANY(%(jobs)s) AND l.step = 0 RETURNING job_id
        """,
        {"jobs": list(jobs), "most": _MOST_TOLD},
    )
    return {row[0] for row in rows}
