"""Backfills of schedules, and their live jobs."""

import datetime
import uuid
from collections.abc import Collection, Sequence

import attrs

from stroem.store.statement import Connection, execute, fetch, fetch_named, storable


@attrs.frozen(kw_only=True)
class NewBackfill:
    """A backfill to start. `instants` is their number."""

    id: uuid.UUID
    workspace: str
    trigger: str
    from_at: datetime.datetime
    to_at: datetime.datetime
    since: datetime.datetime
    max_active: int
    instants: int
    by: str
    reason: str | None = None


@attrs.frozen(kw_only=True)
class BackfillRow(NewBackfill):
    """Row of a backfill. `live` counts its live jobs, as last seen."""

    status: str
    fired: int
    failed: int
    cursor_at: datetime.datetime
    previous_at: datetime.datetime | None
    problem: str | None
    created_at: datetime.datetime
    ended_at: datetime.datetime | None
    live: int


@attrs.frozen(kw_only=True)
class Progress:
    """Instants of a backfill that were fired: the last one, and how many. `started` are their jobs.

    The next check is after `pause_secs`.
    """

    last_at: datetime.datetime | None
    fired: int
    failed: int
    started: Sequence[uuid.UUID]
    pause_secs: float


_COLUMNS = ", ".join(field.name for field in attrs.fields(BackfillRow) if field.name != "live")
_SELECT = f"""
    SELECT {_COLUMNS}, (SELECT count(*) FROM backfill_jobs j WHERE j.backfill = b.id)::int AS live FROM backfills b
    """  # noqa: S608 - names of columns


async def add(connection: Connection, new: NewBackfill) -> None:
    """Adds a running backfill."""
    values = {**attrs.asdict(new), "by": storable(new.by), "reason": storable(new.reason)}
    await execute(
        connection,
        """
        INSERT INTO backfills (id, workspace, trigger, from_at, to_at, since, max_active, instants, by, reason,
                               cursor_at)
        VALUES (%(id)s, %(workspace)s, %(trigger)s, %(from_at)s, %(to_at)s, %(since)s, %(max_active)s, %(instants)s,
                %(by)s, %(reason)s, %(from_at)s::timestamptz - interval '1 microsecond')
        """,
        values,
    )


async def claim_due(
    connection: Connection, workspaces: Collection[str], changed: Collection[uuid.UUID]
) -> BackfillRow | None:
    """Locks a running backfill that is due, or one of `changed`; those locked by others are left out."""
    rows = await fetch_named(
        connection,
        _SELECT
        + """
        WHERE status = 'running' AND (due_at <= clock_timestamp() OR id = ANY(%s)) AND workspace = ANY(%s)
        ORDER BY due_at LIMIT 1 FOR UPDATE OF b SKIP LOCKED
        """,
        (list(changed), list(workspaces)),
    )
    return BackfillRow(**rows[0]) if rows else None


async def live_jobs(connection: Connection, backfill: uuid.UUID) -> list[uuid.UUID]:
    """The live jobs of a backfill, which the transaction has locked; forgets those that have ended."""
    await execute(
        connection,
        """
        DELETE FROM backfill_jobs b WHERE backfill = %s
        AND NOT EXISTS (SELECT FROM jobs j
                        WHERE j.id = b.job_id AND j.status <> ALL('{completed,failed,cancelled,skipped}'))
        """,
        (backfill,),
    )
    rows = await fetch(connection, "SELECT job_id FROM backfill_jobs WHERE backfill = %s", (backfill,))
    return [row[0] for row in rows]


async def advance(connection: Connection, backfill: uuid.UUID, progress: Progress) -> None:
    """Moves a backfill, which the transaction has locked, past the instants that were fired."""
    await execute(
        connection,
        """
        UPDATE backfills SET fired = fired + %s, failed = failed + %s, cursor_at = coalesce(%s, cursor_at),
            previous_at = coalesce(%s, previous_at), problem = NULL, failures = 0,
            due_at = clock_timestamp() + make_interval(secs => %s)
        WHERE id = %s
        """,
        (progress.fired, progress.failed, progress.last_at, progress.last_at, progress.pause_secs, backfill),
    )
    if progress.started:
        await execute(
            connection,
            "INSERT INTO backfill_jobs (backfill, job_id) SELECT %s, unnest(%s::uuid[])",
            (backfill, list(progress.started)),
        )


async def end(connection: Connection, backfill: uuid.UUID, status: str, problem: str | None = None) -> bool:
    """Ends a running backfill; False if it was not running any more."""
    ended = await execute(
        connection,
        """
        UPDATE backfills SET status = %s, problem = %s, ended_at = clock_timestamp(), due_at = NULL
        WHERE id = %s AND status = 'running'
        """,
        (status, storable(problem), backfill),
    )
    await execute(connection, "DELETE FROM backfill_jobs WHERE backfill = %s", (backfill,))
    return ended == 1


async def put_off(connection: Connection, backfill: uuid.UUID, problem: str) -> None:
    """Notes why a backfill cannot go on, and tries it again later: after seconds at first, then up to an hour."""
    await execute(
        connection,
        """
        UPDATE backfills SET problem = %s, failures = failures + 1,
            due_at = clock_timestamp() + make_interval(secs => least(5 * power(2, least(failures, 20)), 3600))
        WHERE id = %s AND status = 'running'
        """,
        (storable(problem), backfill),
    )


async def find(connection: Connection, workspace: str, trigger: str, backfill: uuid.UUID) -> BackfillRow | None:
    """A backfill of a trigger."""
    rows = await fetch_named(
        connection, _SELECT + "WHERE workspace = %s AND trigger = %s AND id = %s", (workspace, trigger, backfill)
    )
    return BackfillRow(**rows[0]) if rows else None


async def of_trigger(connection: Connection, workspace: str, trigger: str, limit: int) -> list[BackfillRow]:
    """The last backfills of a trigger, newest first."""
    rows = await fetch_named(
        connection,
        _SELECT + "WHERE workspace = %s AND trigger = %s ORDER BY created_at DESC, id LIMIT %s",
        (workspace, trigger, limit),
    )
    return [BackfillRow(**row) for row in rows]


async def secs_to_due(connection: Connection, workspaces: Collection[str], most: float) -> float:
    """Seconds until a backfill is due, at most `most`."""
    rows = await fetch(
        connection,
        """
        SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM backfills
        WHERE due_at IS NOT NULL AND workspace = ANY(%s) ORDER BY due_at LIMIT 1
        """,
        (list(workspaces),),
    )
    return min(most, max(0.0, rows[0][0])) if rows else most


async def drop_old(connection: Connection, days: float, limit: int, skip: int) -> int:
    """Deletes up to `limit` backfills that ended more than these days ago, after the first `skip`."""
    return await execute(
        connection,
        """
        DELETE FROM backfills WHERE id IN (
            SELECT id FROM backfills WHERE ended_at < now() - make_interval(secs => %s)
            ORDER BY ended_at, id LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED
        )
        """,
        (days * 86400, limit, skip),
    )
