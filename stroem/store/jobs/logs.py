"""Logs: hot chunks as they come, sealed segments in blobs. Who appends holds the row of the job."""

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, execute, fetch, records

SERVER_STEP = -1
"""The position under which the server's own lines stand in a job's log."""
_PIECES = 64


@attrs.frozen(kw_only=True)
class LogHead:
    """How far the log of one step attempt has come. `next_chunk` is the number that the next chunk must have."""

    attempt: int
    next_chunk: int
    lines: int
    added_bytes: int = 0


@attrs.frozen(kw_only=True)
class LogPiece:
    """A run of lines of one step, `size` long: a hot chunk (`body`), or `size` bytes behind the first `skip` of
    what the gzip member at `start`, `length` bytes long, of a blob holds."""

    first_line: int
    lines: int
    step: int
    size: int
    body: bytes | None = None
    blob: str | None = None
    start: int = 0
    length: int = 0
    skip: int = 0


@attrs.frozen(kw_only=True)
class LogState:
    """How long a job's log is and whether more can come."""

    lines: int
    status: str
    plan: str


@attrs.frozen(kw_only=True)
class LogClaim:
    """Somebody who wants to append to the log of a step: in this attempt and on this worker, where they are given."""

    place: StepId
    attempt: int | None = None
    worker_id: uuid.UUID | None = None


async def log_heads(connection: Connection, claims: Sequence[LogClaim]) -> dict[LogClaim, tuple[bool, LogHead | None]]:
    """For each claim whether the step runs as claimed, and the head of its log where there is one."""
    rows = await fetch(
        connection,
        """
        SELECT n.at, s.status = 'running' AND s.attempt = coalesce(n.attempt, s.attempt)
            AND s.worker_id = coalesce(n.worker_id, s.worker_id), h.attempt, h.next_chunk, h.lines
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
            at int, job_id uuid, step int, attempt int, worker_id uuid) LIMIT %s) n
        LEFT JOIN job_steps s ON s.job_id = n.job_id AND s.position = n.step
        LEFT JOIN log_heads h ON h.job_id = n.job_id AND h.step = n.step
        """,
        records([{"at": at, **_claim(one)} for at, one in enumerate(claims)]),
    )
    return {
        claims[at]: (bool(held), None if attempt is None else LogHead(attempt=attempt, next_chunk=chunk, lines=lines))
        for at, held, attempt, chunk, lines in rows
    }


async def append_lines(
    connection: Connection,
    chunks: Sequence[tuple[uuid.UUID, LogPiece]],
    heads: Mapping[StepId, LogHead],
    lines: Mapping[uuid.UUID, int],
    seal_from: int,
) -> None:
    """Stores hot chunks at the places they were given, how far the logs of their steps have come, and how many lines
    the logs of their jobs have now. From `seal_from` hot bytes on a log is due for sealing; so is the server's own part
    of a log soon, which no end of a step makes due."""
    await execute(
        connection,
        """
        WITH chunks AS (
            INSERT INTO log_chunks (job_id, first_line, lines, step, body)
            SELECT c.job_id, c.first_line, c.lines, c.step, (%b::bytea[])[c.at]
            FROM json_to_recordset(%s::json) AS c (at int, job_id uuid, first_line bigint, lines int, step int) LIMIT %s
        ), heads AS (
            INSERT INTO log_heads AS h (job_id, step, attempt, next_chunk, lines, hot_bytes, seal_due_at)
            SELECT n.*, CASE WHEN n.hot_bytes >= %s THEN now() WHEN n.step < 0 THEN now() + interval '10 seconds' END
            FROM json_to_recordset(%s::json) AS n (
                job_id uuid, step int, attempt int, next_chunk int, lines bigint, hot_bytes bigint) LIMIT %s
            ON CONFLICT (job_id, step) DO UPDATE SET
                attempt = excluded.attempt, next_chunk = excluded.next_chunk, lines = excluded.lines,
                hot_bytes = h.hot_bytes + excluded.hot_bytes,
                seal_due_at = coalesce(h.seal_due_at, CASE
                    WHEN h.hot_bytes + excluded.hot_bytes >= %s THEN now()
                    WHEN h.step < 0 THEN now() + interval '10 seconds'
                END)
        )
        UPDATE jobs j SET log_lines = m.lines
        FROM (SELECT * FROM json_to_recordset(%s::json) AS m (id uuid, lines bigint) LIMIT %s) m WHERE j.id = m.id
        """,
        (
            [chunk.body for _, chunk in chunks],
            *records([{"at": at, **_piece(*chunk)} for at, chunk in enumerate(chunks, 1)]),
            seal_from,
            *records([{**_place(place), **_head(head)} for place, head in heads.items()]),
            seal_from,
            *records([{"id": job_id, "lines": count} for job_id, count in lines.items()]),
        ),
    )


def _place(place: StepId) -> dict[str, Any]:
    return {"job_id": place[0], "step": place[1]}


def _claim(one: LogClaim) -> dict[str, Any]:
    return {**_place(one.place), "attempt": one.attempt, "worker_id": one.worker_id}


def _piece(job_id: uuid.UUID, piece: LogPiece) -> dict[str, Any]:
    return {"job_id": job_id, "first_line": piece.first_line, "lines": piece.lines, "step": piece.step}


def _head(head: LogHead) -> dict[str, Any]:
    return {
        "attempt": head.attempt,
        "next_chunk": head.next_chunk,
        "lines": head.lines,
        "hot_bytes": head.added_bytes,
    }


async def log_state(connection: Connection, job_id: uuid.UUID) -> LogState | None:
    """How long the log of a job is, and the job's status as of the same instant."""
    rows = await fetch(connection, "SELECT log_lines, status, plan FROM jobs WHERE id = %s", (job_id,))
    return LogState(lines=rows[0][0], status=rows[0][1], plan=rows[0][2]) if rows else None


async def log_pieces(
    connection: Connection, job_id: uuid.UUID, *, step: int | None, after: int, max_bytes: int
) -> tuple[list[LogPiece], bool]:
    """The next pieces of a log that hold lines behind `after`, in order, and whether there may be more: at least one
    where there is any, and no more than `max_bytes` and one piece hold. Sealed and hot are read as of one instant."""
    near = "job_id = %(job)s" if step is None else "job_id = %(job)s AND step = %(step)s"
    rows = await fetch(
        connection,
        f"""
        WITH pieces AS (
            (SELECT first_line, lines, step, bytes, blob, start, length, skip FROM log_segments
             WHERE {near} AND first_line + lines > %(after)s AND first_line >= coalesce(
                (SELECT max(first_line) FROM log_segments WHERE {near} AND first_line <= %(after)s), 0)
             ORDER BY first_line LIMIT {_PIECES})
            UNION ALL
            (SELECT first_line, lines, step, length(body), NULL, 0, 0, 0 FROM log_chunks
             WHERE {near} AND first_line + lines > %(after)s AND first_line >= coalesce(
                (SELECT max(first_line) FROM log_chunks WHERE {near} AND first_line <= %(after)s), 0)
             ORDER BY first_line LIMIT {_PIECES})
            ORDER BY first_line LIMIT {_PIECES}
        ), near AS (
            SELECT *, sum(bytes) OVER (ORDER BY first_line) - bytes AS before, count(*) OVER () AS found FROM pieces
        )
        SELECT n.first_line, n.lines, n.step, n.bytes, c.body, n.blob, n.start, n.length, n.skip, n.found
        FROM near n LEFT JOIN log_chunks c ON n.blob IS NULL AND c.job_id = %(job)s AND c.first_line = n.first_line
        WHERE n.before < %(max_bytes)s ORDER BY n.first_line
        """,  # noqa: S608 - the varying parts are constants of this module
        {"job": job_id, "step": step, "after": after, "max_bytes": max_bytes},
    )
    pieces = [
        LogPiece(
            first_line=row[0], lines=row[1], step=row[2], size=row[3], body=row[4], blob=row[5], start=row[6] or 0,
            length=row[7] or 0, skip=row[8] or 0,
        )
        for row in rows
    ]  # fmt: skip
    return pieces, bool(rows) and (rows[0][9] > len(rows) or rows[0][9] == _PIECES)


async def tail_start(connection: Connection, job_id: uuid.UUID, *, step: int | None, lines: int) -> int:
    """The position from which on a log, or the log of one step of it, has that many lines."""
    rows = await fetch(
        connection,
        """
        WITH pieces AS (
            SELECT first_line, lines FROM log_segments WHERE job_id = %(job)s AND step = coalesce(%(step)s::int, step)
            UNION ALL
            SELECT first_line, lines FROM log_chunks WHERE job_id = %(job)s AND step = coalesce(%(step)s::int, step)
        ), counted AS (
            SELECT first_line, lines, sum(lines) OVER (ORDER BY first_line DESC) AS upto FROM pieces
        )
        SELECT first_line + greatest(upto - %(lines)s, 0) FROM counted
        WHERE upto - lines < %(lines)s ORDER BY first_line LIMIT 1
        """,
        {"job": job_id, "step": step, "lines": lines},
    )
    return int(rows[0][0]) if rows else 0


async def hot_chunks(
    connection: Connection, places: Collection[StepId], max_bytes: int
) -> list[tuple[uuid.UUID, LogPiece]]:
    """The hot chunks of these steps, by step and in order, up to about `max_bytes` of them."""
    rows = await fetch(
        connection,
        """
        WITH near AS (
            SELECT c.job_id, c.first_line, c.step, sum(length(c.body)) OVER (
                ORDER BY c.job_id, c.step, c.first_line) - length(c.body) AS before
            FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s) n
            JOIN log_chunks c ON c.job_id = n.job_id AND c.step = n.step
        )
        SELECT c.job_id, c.first_line, c.lines, c.step, c.body FROM near n
        JOIN log_chunks c ON c.job_id = n.job_id AND c.first_line = n.first_line
        WHERE n.before < %s ORDER BY c.job_id, c.step, c.first_line
        """,
        (*records([_place(place) for place in places]), max_bytes),
    )
    return [
        (row[0], LogPiece(first_line=row[1], lines=row[2], step=row[3], size=len(row[4]), body=row[4])) for row in rows
    ]


async def replace_chunks(
    connection: Connection, segments: Sequence[tuple[uuid.UUID, LogPiece]]
) -> list[tuple[StepId, int]]:
    """Puts each segment in the place of the chunk it was made from, unless that was replaced before.

    Returns the steps and sizes of those that it put there.
    """
    rows = await fetch(
        connection,
        """
        WITH moved AS (
            DELETE FROM log_chunks c USING (SELECT * FROM json_to_recordset(%s::json) AS n (
                job_id uuid, first_line bigint, lines bigint, step int, blob text, start bigint, length int, skip int,
                bytes int) LIMIT %s) n
            WHERE c.job_id = n.job_id AND c.first_line = n.first_line
            RETURNING n.*
        )
        INSERT INTO log_segments (job_id, first_line, lines, step, blob, start, length, skip, bytes)
        SELECT * FROM moved RETURNING job_id, step, bytes
        """,
        records([{**_piece(job_id, one), **_segment(one)} for job_id, one in segments]),
    )
    return [((row[0], row[1]), row[2]) for row in rows]


def _segment(one: LogPiece) -> dict[str, Any]:
    return {"blob": one.blob, "start": one.start, "length": one.length, "skip": one.skip, "bytes": one.size}


async def cool_heads(
    connection: Connection,
    sealed: Mapping[StepId, int],
    taken: Mapping[StepId, datetime.datetime],
    *,
    to_the_end: bool,
) -> None:
    """Takes sealed bytes off the heads. A log that nobody made due in the meantime is no longer due, unless it
    has more to be sealed and not all of that was looked at (`to_the_end`)."""
    await execute(
        connection,
        """
        UPDATE log_heads h SET
            hot_bytes = h.hot_bytes - n.bytes,
            seal_due_at = CASE WHEN h.seal_due_at <> n.taken OR (h.hot_bytes > n.bytes AND NOT %s) THEN now() END
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
            job_id uuid, step int, bytes bigint, taken timestamptz) LIMIT %s) n
        WHERE h.job_id = n.job_id AND h.step = n.step
        """,
        (
            to_the_end,
            *records([{**_place(place), "bytes": sealed.get(place, 0), "taken": at} for place, at in taken.items()]),
        ),
    )
