"""Sealing of logs: due heads, their hot chunks, and the segments of blobs that replace them."""

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from stroem.store.logs.logs import LogId, LogPiece, log_key, piece_key
from stroem.store.statement import Connection, execute, fetch, records


async def take_due_heads(connection: Connection, limit: int, lease_secs: int) -> dict[LogId, datetime.datetime]:
    """Leases up to `limit` logs that are due for sealing, each with the end of its lease.

    Unless sealed, they are due again after `lease_secs`.
    """
    rows = await fetch(
        connection,
        """
        UPDATE log_heads h SET seal_due_at = clock_timestamp() + make_interval(secs => %s)
        FROM (SELECT job_id, step, attempt FROM log_heads WHERE seal_due_at <= now()
              ORDER BY seal_due_at LIMIT %s FOR UPDATE SKIP LOCKED) d
        WHERE h.job_id = d.job_id AND h.step = d.step AND h.attempt = d.attempt
        RETURNING h.job_id, h.step, h.attempt, h.seal_due_at
        """,
        (lease_secs, limit),
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


async def postpone_sealing(connection: Connection, log: LogId, secs: int) -> None:
    """Makes a log due for sealing in `secs`."""
    await execute(
        connection,
        """
        UPDATE log_heads SET seal_due_at = now() + make_interval(secs => %s)
        WHERE job_id = %s AND step = %s AND attempt = %s
        """,
        (secs, *log),
    )


async def hot_chunks(
    connection: Connection, logs: Collection[LogId], max_bytes: int
) -> list[tuple[uuid.UUID, LogPiece]]:
    """Hot chunks of these logs, by log and in order, up to about `max_bytes`."""
    rows = await fetch(
        connection,
        """
        WITH near AS (
            SELECT c.job_id, c.first_line, c.step, sum(length(c.body)) OVER (
                ORDER BY c.job_id, c.step, c.first_line) - length(c.body) AS before
            FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int, attempt int) LIMIT %s) n
            JOIN log_chunks c ON c.job_id = n.job_id AND c.step = n.step AND c.attempt = n.attempt
        )
        SELECT c.job_id, c.first_line, c.lines, c.step, c.attempt, c.body FROM near n
        JOIN log_chunks c ON c.job_id = n.job_id AND c.first_line = n.first_line
        WHERE n.before < %s ORDER BY c.job_id, c.step, c.first_line
        """,
        (*records([log_key(log) for log in logs]), max_bytes),
    )
    return [
        (row[0], LogPiece(first_line=row[1], lines=row[2], step=row[3], attempt=row[4], size=len(row[5]), body=row[5]))
        for row in rows
    ]


async def replace_chunks(
    connection: Connection, segments: Sequence[tuple[uuid.UUID, LogPiece]]
) -> list[tuple[LogId, int]]:
    """Replaces chunks by their segments, unless already replaced; returns the logs and sizes."""
    rows = await fetch(
        connection,
        """
        WITH moved AS (
            DELETE FROM log_chunks c USING (SELECT * FROM json_to_recordset(%s::json) AS n (
                job_id uuid, first_line bigint, lines bigint, step int, attempt int, blob text, start bigint,
                length int, skip int, bytes int) LIMIT %s) n
            WHERE c.job_id = n.job_id AND c.first_line = n.first_line
            RETURNING n.*
        )
        INSERT INTO log_segments (job_id, first_line, lines, step, attempt, blob, start, length, skip, bytes)
        SELECT * FROM moved RETURNING job_id, step, attempt, bytes
        """,
        records([{**piece_key(job_id, one), **_segment(one)} for job_id, one in segments]),
    )
    return [((row[0], row[1], row[2]), row[3]) for row in rows]


def _segment(one: LogPiece) -> dict[str, Any]:
    return {"blob": one.blob, "start": one.start, "length": one.length, "skip": one.skip, "bytes": one.size}


async def cool_heads(
    connection: Connection,
    sealed: Mapping[LogId, int],
    taken: Mapping[LogId, datetime.datetime],
    *,
    to_the_end: bool,
) -> None:
    """Subtracts sealed bytes from the heads, and ends their leases.

    A log stays due if it became due meanwhile, or if hot bytes remain and not all were read (`to_the_end`).
    """
    await execute(
        connection,
        """
        UPDATE log_heads h SET
            hot_bytes = h.hot_bytes - n.bytes,
            seal_due_at = CASE WHEN h.seal_due_at <> n.taken OR (h.hot_bytes > n.bytes AND NOT %s) THEN now() END
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
            job_id uuid, step int, attempt int, bytes bigint, taken timestamptz) LIMIT %s) n
        WHERE h.job_id = n.job_id AND h.step = n.step AND h.attempt = n.attempt
        """,
        (
            to_the_end,
            *records([{**log_key(log), "bytes": sealed.get(log, 0), "taken": at} for log, at in taken.items()]),
        ),
    )
