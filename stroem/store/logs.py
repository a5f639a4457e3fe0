"""Logs: hot chunks as they come, sealed segments in blobs. Who appends holds the row of the job."""

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence

import attrs
from sqlalchemy.ext.asyncio import AsyncConnection

from stroem.store.statement import execute, fetch
from stroem.store.steps import Place

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

    place: Place
    attempt: int | None = None
    worker_id: uuid.UUID | None = None


async def log_heads(
    connection: AsyncConnection, claims: Sequence[LogClaim]
) -> dict[Place, tuple[bool, LogHead | None]]:
    """For each step whether it runs as claimed, and the head of its log where there is one."""
    rows = await fetch(
        connection,
        """
        SELECT n.job_id, n.step,
            s.status = 'running' AND s.attempt = coalesce(n.attempt, s.attempt)
                AND s.worker_id = coalesce(n.worker_id, s.worker_id),
            h.attempt, h.next_chunk, h.lines
        FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::uuid[]) AS n (job_id, step, attempt, worker_id)
        LEFT JOIN job_steps s ON s.job_id = n.job_id AND s.position = n.step
        LEFT JOIN log_heads h ON h.job_id = n.job_id AND h.step = n.step
        """,
        (
            [claim.place[0] for claim in claims],
            [claim.place[1] for claim in claims],
            [claim.attempt for claim in claims],
            [claim.worker_id for claim in claims],
        ),
    )
    return {
        (row[0], row[1]): (
            bool(row[2]),
            None if row[3] is None else LogHead(attempt=row[3], next_chunk=row[4], lines=row[5]),
        )
        for row in rows
    }


async def append_lines(
    connection: AsyncConnection,
    chunks: Sequence[tuple[uuid.UUID, LogPiece]],
    heads: Mapping[Place, LogHead],
    lines: Mapping[uuid.UUID, int],
    seal_from: int,
) -> None:
    """Stores hot chunks at the places they were given, how far the logs of their steps have come, and how many lines
    the logs of their jobs have now. From `seal_from` hot bytes on a log is due for sealing."""
    await execute(
        connection,
        """
        WITH chunks AS (
            INSERT INTO log_chunks (job_id, first_line, lines, step, body)
            SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::int[], %s::int[], %s::bytea[])
        ), heads AS (
            INSERT INTO log_heads AS h (job_id, step, attempt, next_chunk, lines, hot_bytes, seal_due_at)
            SELECT n.*, CASE WHEN n.hot_bytes >= %s THEN now() END
            FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[], %s::bigint[], %s::bigint[])
                AS n (job_id, step, attempt, next_chunk, lines, hot_bytes)
            ON CONFLICT (job_id, step) DO UPDATE SET
                attempt = excluded.attempt, next_chunk = excluded.next_chunk, lines = excluded.lines,
                hot_bytes = h.hot_bytes + excluded.hot_bytes,
                seal_due_at = coalesce(h.seal_due_at, CASE WHEN h.hot_bytes + excluded.hot_bytes >= %s THEN now() END)
        )
        UPDATE jobs j SET log_lines = m.lines
        FROM unnest(%s::uuid[], %s::bigint[]) AS m (id, lines) WHERE j.id = m.id
        """,
        (
            [job_id for job_id, _ in chunks], [chunk.first_line for _, chunk in chunks],
            [chunk.lines for _, chunk in chunks], [chunk.step for _, chunk in chunks],
            [chunk.body for _, chunk in chunks],
            seal_from,
            [place[0] for place in heads], [place[1] for place in heads],
            [head.attempt for head in heads.values()], [head.next_chunk for head in heads.values()],
            [head.lines for head in heads.values()], [head.added_bytes for head in heads.values()],
            seal_from,
            list(lines), list(lines.values()),
        ),
    )  # fmt: skip


async def log_state(connection: AsyncConnection, job_id: uuid.UUID) -> LogState | None:
    """How long the log of a job is, and the job's status as of the same instant."""
    rows = await fetch(connection, "SELECT log_lines, status, plan FROM jobs WHERE id = %s", (job_id,))
    return LogState(lines=rows[0][0], status=rows[0][1], plan=rows[0][2]) if rows else None


async def log_pieces(
    connection: AsyncConnection, job_id: uuid.UUID, *, step: int | None, after: int, max_bytes: int
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


async def tail_start(connection: AsyncConnection, job_id: uuid.UUID, *, step: int | None, lines: int) -> int:
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


async def take_due_heads(connection: AsyncConnection, limit: int, lease_secs: int) -> dict[Place, datetime.datetime]:
    """Takes logs that are due for sealing; unless they are sealed they are due again after `lease_secs`."""
    rows = await fetch(
        connection,
        """
        UPDATE log_heads h SET seal_due_at = clock_timestamp() + make_interval(secs => %s)
        FROM (SELECT job_id, step FROM log_heads WHERE seal_due_at <= now()
              ORDER BY seal_due_at LIMIT %s FOR UPDATE SKIP LOCKED) d
        WHERE h.job_id = d.job_id AND h.step = d.step
        RETURNING h.job_id, h.step, h.seal_due_at
        """,
        (lease_secs, limit),
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def hot_chunks(
    connection: AsyncConnection, places: Collection[Place], max_bytes: int
) -> list[tuple[uuid.UUID, LogPiece]]:
    """The hot chunks of these steps, by step and in order, up to about `max_bytes` of them."""
    listed = list(places)
    rows = await fetch(
        connection,
        """
        WITH near AS (
            SELECT c.job_id, c.first_line, c.step, sum(length(c.body)) OVER (
                ORDER BY c.job_id, c.step, c.first_line) - length(c.body) AS before
            FROM unnest(%s::uuid[], %s::int[]) AS n (job_id, step)
            JOIN log_chunks c ON c.job_id = n.job_id AND c.step = n.step
        )
        SELECT c.job_id, c.first_line, c.lines, c.step, c.body FROM near n
        JOIN log_chunks c ON c.job_id = n.job_id AND c.first_line = n.first_line
        WHERE n.before < %s ORDER BY c.job_id, c.step, c.first_line
        """,
        ([place[0] for place in listed], [place[1] for place in listed], max_bytes),
    )
    return [
        (row[0], LogPiece(first_line=row[1], lines=row[2], step=row[3], size=len(row[4]), body=row[4])) for row in rows
    ]


async def replace_chunks(
    connection: AsyncConnection, segments: Sequence[tuple[uuid.UUID, LogPiece]]
) -> list[tuple[Place, int]]:
    """Puts each segment in the place of the chunk it was made from, unless that was replaced before.

    Returns the steps and sizes of those that it put there.
    """
    rows = await fetch(connection, """
        WITH moved AS (
            DELETE FROM log_chunks c USING unnest(
                %s::uuid[], %s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::bigint[], %s::int[], %s::int[],
                %s::int[]) AS n (job_id, first_line, lines, step, blob, start, length, skip, bytes)
            WHERE c.job_id = n.job_id AND c.first_line = n.first_line
            RETURNING n.*
        )
        INSERT INTO log_segments (job_id, first_line, lines, step, blob, start, length, skip, bytes)
        SELECT * FROM moved RETURNING job_id, step, bytes
        """,
        (
            [job_id for job_id, _ in segments], [one.first_line for _, one in segments],
            [one.lines for _, one in segments], [one.step for _, one in segments],
            [one.blob for _, one in segments], [one.start for _, one in segments],
            [one.length for _, one in segments], [one.skip for _, one in segments], [one.size for _, one in segments],
        ),
    )  # fmt: skip
    return [((row[0], row[1]), row[2]) for row in rows]


async def cool_heads(
    connection: AsyncConnection,
    sealed: Mapping[Place, int],
    taken: Mapping[Place, datetime.datetime],
    *,
    to_the_end: bool,
) -> None:
    """Takes sealed bytes off the heads. A log that nobody made due in the meantime is no longer due, unless it
    has more to be sealed and not all of that was looked at (`to_the_end`)."""
    places = list(taken)
    await execute(
        connection,
        """
        UPDATE log_heads h SET
            hot_bytes = h.hot_bytes - n.bytes,
            seal_due_at = CASE WHEN h.seal_due_at <> n.taken OR (h.hot_bytes > n.bytes AND NOT %s) THEN now() END
        FROM unnest(%s::uuid[], %s::int[], %s::bigint[], %s::timestamptz[]) AS n (job_id, step, bytes, taken)
        WHERE h.job_id = n.job_id AND h.step = n.step
        """,
        (
            to_the_end,
            [place[0] for place in places],
            [place[1] for place in places],
            [sealed.get(place, 0) for place in places],
            [taken[place] for place in places],
        ),
    )
