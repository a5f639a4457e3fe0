"""What the database says about all jobs, as of one instant."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import psycopg
from psycopg.rows import kwargs_row


@attrs.frozen(kw_only=True)
class JobEntry:
    """A row of `jobs`."""

    id: uuid.UUID
    task: str
    status: str
    input: Mapping[str, Any]
    output: Any
    error: str | None
    open: int
    failed: int
    log_lines: int
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class StepEntry:
    """A row of `steps`."""

    job_id: uuid.UUID
    node: int
    status: str
    unmet: int
    attempt: int
    worker_id: uuid.UUID | None
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    output: Any
    error: str | None


@attrs.frozen(kw_only=True)
class PieceEntry:
    """A run of lines in a job's log, in a row of `log_chunks` or `log_segments`."""

    job_id: uuid.UUID
    step: int
    first_line: int
    lines: int
    hot: bool


@attrs.frozen(kw_only=True)
class HeadEntry:
    """A row of `log_heads`."""

    job_id: uuid.UUID
    step: int
    lines: int
    hot_bytes: int
    due: bool


@attrs.frozen(kw_only=True)
class Books:
    """All of it. Steps and pieces are in order."""

    jobs: Sequence[JobEntry]
    steps: Mapping[uuid.UUID, Sequence[StepEntry]]
    pieces: Mapping[uuid.UUID, Sequence[PieceEntry]]
    heads: Sequence[HeadEntry]
    tallies: Mapping[str, int]
    workers: Sequence[uuid.UUID]


_JOBS = """
    SELECT id, task, status, input, output, error, open, failed, log_lines, created_at, started_at,
           completed_at FROM jobs
"""
_STEPS = """
    SELECT job_id, node, status, unmet, attempt, worker_id, started_at, completed_at, output, error
    FROM steps ORDER BY job_id, node
"""
_PIECES = """
    SELECT job_id, step, first_line, lines::bigint, true AS hot FROM log_chunks
    UNION ALL SELECT job_id, step, first_line, lines, false FROM log_segments ORDER BY job_id, first_line
"""
_HEADS = "SELECT job_id, step, lines, hot_bytes, seal_due_at IS NOT NULL AS due FROM log_heads"
_TALLIES = "SELECT status, sum(jobs)::bigint FROM job_tallies GROUP BY status"
_WORKERS = "SELECT id FROM workers ORDER BY registered_at"


async def read_books(database_url: str) -> Books:
    """Reads everything in one transaction."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        jobs = await (await connection.cursor(row_factory=kwargs_row(JobEntry)).execute(_JOBS)).fetchall()
        steps = await (await connection.cursor(row_factory=kwargs_row(StepEntry)).execute(_STEPS)).fetchall()
        pieces = await (await connection.cursor(row_factory=kwargs_row(PieceEntry)).execute(_PIECES)).fetchall()
        heads = await (await connection.cursor(row_factory=kwargs_row(HeadEntry)).execute(_HEADS)).fetchall()
        tallies = await (await connection.execute(_TALLIES)).fetchall()
        workers = await (await connection.execute(_WORKERS)).fetchall()
    return Books(
        jobs=jobs,
        steps=_by_job(steps),
        pieces=_by_job(pieces),
        heads=heads,
        tallies={row[0]: row[1] for row in tallies},
        workers=[row[0] for row in workers],
    )


def _by_job(rows: Sequence[Any]) -> Mapping[uuid.UUID, list[Any]]:
    sorted_rows: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        sorted_rows[row.job_id].append(row)
    return sorted_rows


async def open_jobs(database_url: str) -> int:
    """How many jobs have not ended."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        row = await (
            await connection.execute("SELECT count(*) FROM jobs WHERE status IN ('pending', 'running')")
        ).fetchone()
        assert row is not None
        return int(row[0])


async def leases(database_url: str) -> int:
    """How many workers have a lease that is not over."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        row = await (await connection.execute("SELECT count(*) FROM workers WHERE lease_until > now()")).fetchone()
        assert row is not None
        return int(row[0])


async def seal_at_once(database_url: str) -> None:
    """Makes due what would be due later: a crash may have left a lease on it."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("UPDATE log_heads SET seal_due_at = now() WHERE seal_due_at > now()")


async def unsealed_logs(database_url: str) -> int:
    """How many logs of steps are due for sealing."""
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        row = await (
            await connection.execute("SELECT count(*) FROM log_heads WHERE seal_due_at IS NOT NULL")
        ).fetchone()
        assert row is not None
        return int(row[0])
