"""The history of a job, in the order of its ids."""

import datetime
import uuid
from collections.abc import Collection

import attrs

from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, columns, fetch, fetch_named


@attrs.frozen(kw_only=True)
class HistoryRow:
    """A change of a step, or of the job (step 0). `waits_for` is what the step waits for from then on."""

    id: int
    at: datetime.datetime
    step: int
    status: str
    attempt: int
    waits_for: str | None
    cause: str
    actor: str | None
    detail: str | None


_COLUMNS = columns(HistoryRow)


@attrs.frozen(kw_only=True)
class HistoryState:
    """The last id of a job's history that can be seen, the job's status, and the transactions that write history."""

    last: int
    status: str
    writers: frozenset[str]


async def history_state(connection: Connection, job_id: uuid.UUID) -> HistoryState | None:
    """The state of a job's history; None for an unknown job.

    Ids are given before transactions commit, and claims write without the lock of the job. But a transaction locks the
    table before it gets an id: once the `writers` have ended, no id up to `last` can still appear.
    """
    rows = await fetch(
        connection,
        """
        SELECT j.status, coalesce((SELECT max(h.id) FROM history h WHERE h.job_id = j.id), 0) FROM jobs j
        WHERE j.id = %s
        """,
        (job_id,),
    )
    if not rows:
        return None
    return HistoryState(status=rows[0][0], last=rows[0][1], writers=await writers(connection))


async def writers(connection: Connection) -> frozenset[str]:
    """The transactions, other than this one, that write history now."""
    rows = await fetch(
        connection,
        """
        SELECT virtualtransaction FROM pg_locks
        WHERE locktype = 'relation' AND relation = 'history'::regclass AND mode = 'RowExclusiveLock'
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid()
        """,
    )
    return frozenset(row[0] for row in rows)


async def list_history(
    connection: Connection, job_id: uuid.UUID, *, after: int, up_to: int, step: int | None, limit: int
) -> list[HistoryRow]:
    """The first rows with ids in `(after, up_to]`, of one step or all, oldest first."""
    rows = await fetch_named(
        connection,
        f"""
        SELECT {_COLUMNS} FROM history
        WHERE job_id = %(job)s AND id > %(after)s AND id <= %(up_to)s
          AND (%(step)s::int IS NULL OR step = %(step)s)
        ORDER BY id LIMIT %(limit)s
        """,  # noqa: S608 - names of columns
        {"job": job_id, "after": after, "up_to": up_to, "step": step, "limit": limit},
    )
    return [HistoryRow(**row) for row in rows]


async def answers(connection: Connection, step_id: StepId) -> list[tuple[datetime.datetime, str | None]]:
    """The times and the actors of the answers that a step has got, oldest first."""
    sql = "SELECT at, actor FROM history WHERE job_id = %s AND step = %s AND cause = 'answer' ORDER BY id"
    return [(row[0], row[1]) for row in await fetch(connection, sql, step_id)]


async def pauses(
    connection: Connection, job_ids: Collection[uuid.UUID]
) -> list[tuple[uuid.UUID, datetime.datetime, str | None]]:
    """Of those of these jobs that are paused, the start and the actor of the pause."""
    rows = await fetch(
        connection,
        """
        SELECT j.id, j.paused_at, h.actor FROM jobs j LEFT JOIN LATERAL (
            SELECT actor FROM history WHERE job_id = j.id AND step = 0 AND cause = 'pause' ORDER BY id DESC LIMIT 1) h
            ON true
        WHERE j.id = ANY(%s) AND j.paused_at IS NOT NULL
        """,
        (list(job_ids),),
    )
    return [(row[0], row[1], row[2]) for row in rows]
