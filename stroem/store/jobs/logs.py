"""Logs: hot chunks in rows, sealed segments in blobs. To append, the caller has locked the row of the job."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, execute, fetch, records

SERVER_STEP = -1
"""Position of the server's own lines in a job's log."""
_PIECES = 64


@attrs.frozen(kw_only=True)
class LogHead:
    """Progress of the log of a step's attempt. `next_chunk` is the number of the next chunk."""

    attempt: int
    next_chunk: int
    lines: int
    added_bytes: int = 0


@attrs.frozen(kw_only=True)
class LogPiece:
    """A run of lines of one step, `size` bytes long: a hot chunk (`body`), or part of a blob.

    In a blob it is `size` bytes after the first `skip` of the gzip member of `length` bytes at `start`.
    """

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
    """Length of a job's log, with the job's status and plan."""

    lines: int
    status: str
    plan: str


@attrs.frozen(kw_only=True)
class LogClaim:
    """Right to append to the log of a step: in any attempt and from any worker where they are None."""

    step: StepId
    attempt: int | None = None
    worker_id: uuid.UUID | None = None


async def log_heads(connection: Connection, claims: Sequence[LogClaim]) -> dict[LogClaim, tuple[bool, LogHead | None]]:
    """For each claim, True if the step runs as claimed, and the head of its log, if any."""
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
    """Stores hot chunks, the heads of their steps and the log lengths of their jobs.

    A log with `seal_from` hot bytes is due for sealing; the server's own lines are due soon, as no end of a step makes
    them due.
    """
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
            *records([{"at": at, **piece_key(*chunk)} for at, chunk in enumerate(chunks, 1)]),
            seal_from,
            *records([{**step_key(step_id), **_head(head)} for step_id, head in heads.items()]),
            seal_from,
            *records([{"id": job_id, "lines": count} for job_id, count in lines.items()]),
        ),
    )


def step_key(step_id: StepId) -> dict[str, Any]:
    """Key columns of a step, for `records`."""
    return {"job_id": step_id[0], "step": step_id[1]}


def _claim(one: LogClaim) -> dict[str, Any]:
    return {**step_key(one.step), "attempt": one.attempt, "worker_id": one.worker_id}


def piece_key(job_id: uuid.UUID, piece: LogPiece) -> dict[str, Any]:
    """Key columns of a piece of a log, for `records`."""
    return {"job_id": job_id, "first_line": piece.first_line, "lines": piece.lines, "step": piece.step}


def _head(head: LogHead) -> dict[str, Any]:
    return {
        "attempt": head.attempt,
        "next_chunk": head.next_chunk,
        "lines": head.lines,
        "hot_bytes": head.added_bytes,
    }


async def log_state(connection: Connection, job_id: uuid.UUID) -> LogState | None:
    """Length of a job's log and the job's status, read at one instant."""
    rows = await fetch(connection, "SELECT log_lines, status, plan FROM jobs WHERE id = %s", (job_id,))
    return LogState(lines=rows[0][0], status=rows[0][1], plan=rows[0][2]) if rows else None


async def log_pieces(
    connection: Connection, job_id: uuid.UUID, *, step: int | None, after: int, max_bytes: int
) -> tuple[list[LogPiece], bool]:
    """The next pieces of a log after the line `after`, in order; True if there may be more.

    At least one piece if there is any, and at most `max_bytes` and one piece. Hot and sealed pieces are read at one
    instant.
    """
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
    """Position at which the last `lines` lines of a log, or of one step in it, begin."""
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
