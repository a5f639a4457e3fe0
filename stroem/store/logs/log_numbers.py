"""Numbers of lines in the log of one step or attempt, whose lines lie apart in the log of the job."""

import uuid

import attrs

from stroem.store.logs.logs import lengths
from stroem.store.statement import Connection, fetch


@attrs.frozen(kw_only=True)
class AttemptLog:
    """Lines and bytes of the log of one attempt. `position` is that of its first line."""

    attempt: int
    lines: int
    size: int
    position: int


async def place_of(
    connection: Connection, job_id: uuid.UUID, *, step: int, attempt: int | None, number: int
) -> tuple[int, int | None]:
    """The lines of a log, and the position of the line with `number` lines before it; None behind the end.

    Reads the pieces of the log, not their lines.
    """
    rows = await fetch(
        connection,
        f"""
        WITH counted AS (
            SELECT first_line, lines, sum(lines) OVER (ORDER BY first_line) - lines AS before
            FROM ({lengths(step, attempt)}) pieces
        )
        SELECT coalesce(sum(lines), 0)::bigint,
               (min(first_line + %(number)s - before) FILTER (
                   WHERE before <= %(number)s AND before + lines > %(number)s))::bigint
        FROM counted
        """,  # noqa: S608 - the varying parts are constants of another module
        {"job": job_id, "step": step, "attempt": attempt, "number": number},
    )
    return rows[0][0], rows[0][1]


async def attempt_logs(
    connection: Connection, job_id: uuid.UUID, *, step: int | None, attempt: int | None = None
) -> list[AttemptLog]:
    """The logs of the attempts of a step, first one first; of a whole job, the sums by attempt."""
    rows = await fetch(
        connection,
        f"""
        SELECT attempt, sum(lines)::bigint, sum(bytes)::bigint, min(first_line)
        FROM ({lengths(step, attempt)}) pieces GROUP BY attempt ORDER BY attempt
        """,  # noqa: S608 - the varying parts are constants of another module
        {"job": job_id, "step": step, "attempt": attempt},
    )
    return [AttemptLog(attempt=row[0], lines=row[1], size=row[2], position=row[3]) for row in rows]
