"""Logs: hot chunks in rows, sealed segments in blobs. To append, the caller has locked the row of the job."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from stroem.store.statement import Connection, Cursor, Statement, defer, fetch, records, send

SERVER_STEP = -1
"""Step of the server's own lines in a job's log, with attempt 0."""
UNVISITED_STEP = -2
"""Stands for a step that has not been reached yet: nothing is kept of it."""
LogId = tuple[uuid.UUID, int, int]
"""Id of a log: job, step, attempt."""
_PIECES = 64


@attrs.frozen(kw_only=True)
class LogHead:
    """Progress of the log of a step's attempt. `next_chunk` is the number of the next chunk.

    The log has so many bytes of both streams, where the worker counts them.
    """

    next_chunk: int = 0
    lines: int = 0
    added_bytes: int = 0
    stdout_bytes: int = 0
    stderr_bytes: int = 0


@attrs.frozen(kw_only=True)
class LogPiece:
    """A run of lines of an attempt of a step, `size` bytes long: a hot chunk (`body`), or part of a blob.

    In a blob it is `size` bytes after the first `skip` of the gzip member of `length` bytes at `start`.
    """

    first_line: int
    lines: int
    step: int
    attempt: int
    size: int
    body: bytes | None = None
    blob: str | None = None
    start: int = 0
    length: int = 0
    skip: int = 0


@attrs.frozen(kw_only=True)
class LogState:
    """Length of a job's log, with the job's status and plan."""

    lines: int
    status: str
    plan: str


@attrs.frozen(kw_only=True)
class LogClaim:
    """Right to append to the log of a step: in any attempt and from any worker where they are None."""

    step: tuple[uuid.UUID, int]
    attempt: int | None = None
    worker_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class LogAccess:
    """Answer to a claim: whether the step runs as claimed, its attempt, and the head of that attempt's log."""

    is_held: bool
    attempt: int
    head: LogHead


_HEADS = """
    SELECT n.at, s.status = 'running' AND s.attempt = coalesce(n.attempt, s.attempt)
        AND s.worker_id = coalesce(n.worker_id, s.worker_id), a.attempt, h.next_chunk, h.lines,
        h.stdout_bytes, h.stderr_bytes
    FROM (SELECT * FROM json_to_recordset(%s::json) AS n (
        at int, job_id uuid, step int, attempt int, worker_id uuid) LIMIT %s) n
    LEFT JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
    CROSS JOIN LATERAL (SELECT coalesce(n.attempt, s.attempt, 0) AS attempt) a
    LEFT JOIN log_heads h ON h.job_id = n.job_id AND h.step = n.step AND h.attempt = a.attempt
    """


async def log_heads(connection: Connection, claims: Sequence[LogClaim]) -> dict[LogClaim, LogAccess]:
    """Answers claims to append to logs."""
    (cursor,) = await send(connection, [claiming(claims)])
    return await accesses(claims, cursor)


def claiming(claims: Sequence[LogClaim]) -> Statement:
    """The statement of `log_heads`."""
    return _HEADS, records([{"at": at, **_claim(one)} for at, one in enumerate(claims)])


async def accesses(claims: Sequence[LogClaim], cursor: Cursor) -> dict[LogClaim, LogAccess]:
    """The answers of the statement."""
    return {
        claims[at]: LogAccess(
            is_held=bool(held),
            attempt=attempt,
            head=LogHead(next_chunk=chunk or 0, lines=lines or 0, stdout_bytes=stdout or 0, stderr_bytes=stderr or 0),
        )
        for at, held, attempt, chunk, lines, stdout, stderr in await cursor.fetchall()
    }


_APPEND = """
    WITH chunks AS (
        INSERT INTO log_chunks (job_id, first_line, lines, step, attempt, body)
        SELECT c.job_id, c.first_line, c.lines, c.step, c.attempt, (%b::bytea[])[c.at]
        FROM json_to_recordset(%s::json) AS c (
            at int, job_id uuid, first_line bigint, lines int, step int, attempt int) LIMIT %s
    ), heads AS (
        INSERT INTO log_heads AS h (
            job_id, step, attempt, next_chunk, lines, hot_bytes, stdout_bytes, stderr_bytes, seal_due_at)
        SELECT n.*, CASE WHEN n.hot_bytes >= %s THEN now() WHEN n.step < 0 THEN now() + interval '10 seconds' END
        FROM json_to_recordset(%s::json) AS n (
            job_id uuid, step int, attempt int, next_chunk int, lines bigint, hot_bytes bigint,
            stdout_bytes bigint, stderr_bytes bigint) LIMIT %s
        ON CONFLICT (job_id, step, attempt) DO UPDATE SET
            next_chunk = excluded.next_chunk, lines = excluded.lines,
            hot_bytes = h.hot_bytes + excluded.hot_bytes,
            stdout_bytes = excluded.stdout_bytes, stderr_bytes = excluded.stderr_bytes,
            seal_due_at = coalesce(h.seal_due_at, CASE
                WHEN h.hot_bytes + excluded.hot_bytes >= %s THEN now()
                WHEN h.step < 0 THEN now() + interval '10 seconds'
            END)
    )
    UPDATE jobs j SET log_lines = m.lines
    FROM (SELECT * FROM json_to_recordset(%s::json) AS m (id uuid, lines bigint) LIMIT %s) m WHERE j.id = m.id
    """


async def append_lines(
    connection: Connection,
    chunks: Sequence[tuple[uuid.UUID, LogPiece]],
    heads: Mapping[LogId, LogHead],
    lines: Mapping[uuid.UUID, int],
    seal_from: int,
) -> None:
    """Stores hot chunks, the heads of their logs and the log lengths of their jobs. Deferred: errors come later.

    A log with `seal_from` hot bytes is due for sealing; the server's own lines are due soon, as no end of a step makes
    them due.
    """
    parameters = (
        [chunk.body for _, chunk in chunks],
        *records([{"at": at, **piece_key(*chunk)} for at, chunk in enumerate(chunks, 1)]),
        seal_from,
        *records([{**log_key(log), **_head(head)} for log, head in heads.items()]),
        seal_from,
        *records([{"id": job_id, "lines": count} for job_id, count in lines.items()]),
    )
    await defer(connection, (_APPEND, parameters))


def log_key(log: LogId) -> dict[str, Any]:
    """Key columns of a log, for `records`."""
    return {"job_id": log[0], "step": log[1], "attempt": log[2]}


def _claim(one: LogClaim) -> dict[str, Any]:
    return {"job_id": one.step[0], "step": one.step[1], "attempt": one.attempt, "worker_id": one.worker_id}


def piece_key(job_id: uuid.UUID, piece: LogPiece) -> dict[str, Any]:
    """Key columns of a piece of a log, for `records`."""
    return {**log_key((job_id, piece.step, piece.attempt)), "first_line": piece.first_line, "lines": piece.lines}


def _head(head: LogHead) -> dict[str, Any]:
    return {
        "next_chunk": head.next_chunk,
        "lines": head.lines,
        "hot_bytes": head.added_bytes,
        "stdout_bytes": head.stdout_bytes,
        "stderr_bytes": head.stderr_bytes,
    }


async def log_state(connection: Connection, job_id: uuid.UUID) -> LogState | None:
    """Length of a job's log and the job's status, read at one instant."""
    rows = await fetch(connection, "SELECT log_lines, status, plan FROM jobs WHERE id = %s", (job_id,))
    return LogState(lines=rows[0][0], status=rows[0][1], plan=rows[0][2]) if rows else None


async def log_pieces(
    connection: Connection,
    job_id: uuid.UUID,
    *,
    step: int | None,
    attempt: int | None = None,
    after: int,
    max_bytes: int,
) -> tuple[list[LogPiece], bool]:
    """The next pieces of a job's log after the line `after`, in order; True if there may be more.

    Only those of one step with `step`, of one of its attempts with `attempt`. At least one piece if there is any, and
    at most `max_bytes` and one piece. Hot and sealed pieces are read at one instant.
    """
    which = _near(step, attempt)
    rows = await fetch(
        connection,
        f"""
        WITH pieces AS (
            (SELECT first_line, lines, step, attempt, bytes, blob, start, length, skip FROM log_segments
             WHERE {which} AND first_line + lines > %(after)s AND first_line >= coalesce(
                (SELECT max(first_line) FROM log_segments WHERE {which} AND first_line <= %(after)s), 0)
             ORDER BY first_line LIMIT {_PIECES})
            UNION ALL
            (SELECT first_line, lines, step, attempt, length(body), NULL, 0, 0, 0 FROM log_chunks
             WHERE {which} AND first_line + lines > %(after)s AND first_line >= coalesce(
                (SELECT max(first_line) FROM log_chunks WHERE {which} AND first_line <= %(after)s), 0)
             ORDER BY first_line LIMIT {_PIECES})
            ORDER BY first_line LIMIT {_PIECES}
        ), near AS (
            SELECT *, sum(bytes) OVER (ORDER BY first_line) - bytes AS before, count(*) OVER () AS found FROM pieces
        )
        SELECT n.first_line, n.lines, n.step, n.attempt, n.bytes, c.body, n.blob, n.start, n.length, n.skip, n.found
        FROM near n LEFT JOIN log_chunks c ON n.blob IS NULL AND c.job_id = %(job)s AND c.first_line = n.first_line
        WHERE n.before < %(max_bytes)s ORDER BY n.first_line
        """,  # noqa: S608 - the varying parts are constants of this module
        {"job": job_id, "step": step, "attempt": attempt, "after": after, "max_bytes": max_bytes},
    )
    pieces = [
        LogPiece(
            first_line=row[0], lines=row[1], step=row[2], attempt=row[3], size=row[4], body=row[5], blob=row[6],
            start=row[7] or 0, length=row[8] or 0, skip=row[9] or 0,
        )
        for row in rows
    ]  # fmt: skip
    return pieces, bool(rows) and (rows[0][10] > len(rows) or rows[0][10] == _PIECES)


async def tail_start(
    connection: Connection, job_id: uuid.UUID, *, step: int | None, attempt: int | None = None, lines: int
) -> int:
    """Position of the last `lines` lines of a log, or of one step or attempt in it."""
    rows = await fetch(
        connection,
        f"""
        WITH counted AS (
            SELECT first_line, lines, sum(lines) OVER (ORDER BY first_line DESC) AS upto
            FROM ({lengths(step, attempt)}) pieces
        )
        SELECT first_line + greatest(upto - %(lines)s, 0) FROM counted
        WHERE upto - lines < %(lines)s ORDER BY first_line LIMIT 1
        """,  # noqa: S608 - the varying parts are constants of this module
        {"job": job_id, "step": step, "attempt": attempt, "lines": lines},
    )
    return int(rows[0][0]) if rows else 0


def lengths(step: int | None, attempt: int | None) -> str:
    """The query for attempts, first lines and lengths of the pieces of a log, with the parameters of `_near`."""
    which = _near(step, attempt)
    return f"""
        SELECT attempt, first_line, lines, bytes FROM log_segments WHERE {which}
        UNION ALL
        SELECT attempt, first_line, lines, length(body) AS bytes FROM log_chunks WHERE {which}
        """  # noqa: S608 - the varying parts are constants


def _near(step: int | None, attempt: int | None) -> str:
    """The condition for the pieces of a log; its parameters are `job`, `step` and `attempt`."""
    conditions = ["job_id = %(job)s"]
    if step is not None:
        conditions.append("step = %(step)s")
    if attempt is not None:
        conditions.append("attempt = %(attempt)s")
    return " AND ".join(conditions)
