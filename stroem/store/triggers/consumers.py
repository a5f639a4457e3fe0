"""Consumers of event sources."""

import datetime
import uuid
from collections.abc import Collection, Mapping

import attrs

from stroem.store.statement import Connection, columns, execute, fetch, fetch_named, storable

RATE_SECS = 60.0
"""The time over which rates are averaged."""

MANY_FAILURES = 3
"""As many failures of a consumer in a row are a problem of its trigger."""


@attrs.frozen(kw_only=True)
class ConsumerRow:
    """Row of a consumer."""

    workspace: str
    trigger: str
    state: str
    digest: str | None
    release_id: int | None
    job_id: uuid.UUID | None
    starts_at: datetime.datetime
    started_at: datetime.datetime | None
    starts: int
    failures: int
    last_status: str | None
    last_job: uuid.UUID | None
    ended_at: datetime.datetime | None
    events: int
    duplicates: int
    waiting: int
    last_event_id: str | None
    last_event_at: datetime.datetime | None
    rate: float
    rate_at: datetime.datetime


@attrs.frozen(kw_only=True)
class DueConsumer:
    """A consumer with something to do. `is_live`: its trigger is enabled and not paused; `exists`: there is one.

    `status`, `cancel_reason` and `completed_at` are those of its job; without a job `status` is None. `is_worker_lost`:
    the job has lost the worker of a step.
    """

    row: ConsumerRow
    exists: bool
    is_live: bool
    status: str | None
    cancel_reason: str | None
    completed_at: datetime.datetime | None
    is_worker_lost: bool
    now: datetime.datetime


_COLUMNS = columns(ConsumerRow)
_NEW = """
    INSERT INTO consumers (workspace, trigger)
    SELECT t.workspace, t.name FROM triggers t WHERE t.form = 'consumer' AND t.workspace = ANY(%s)
      AND NOT EXISTS (SELECT FROM consumers c WHERE c.workspace = t.workspace AND c.trigger = t.name)
    ON CONFLICT DO NOTHING
    """
_LIVE = "(t.name IS NOT NULL AND t.enabled AND NOT t.paused)"
_ENDED = "(c.job_id IS NOT NULL AND (j.id IS NULL OR j.status NOT IN ('pending', 'running')))"
_DUE = f"""
    SELECT {", ".join(f"c.{name}" for name in _COLUMNS.split(", "))}, t.name IS NOT NULL AS exists, {_LIVE} AS is_live,
           CASE WHEN c.job_id IS NOT NULL THEN coalesce(j.status, 'failed') END AS status,
           j.cancel_reason, j.completed_at, clock_timestamp() AS now,
           EXISTS (SELECT FROM steps s WHERE s.job_id = c.job_id AND s.error_kind = 'worker_lost') AS is_worker_lost
    FROM consumers c
    JOIN unnest(%(workspaces)s::text[], %(releases)s::bigint[]) AS k (name, id) ON k.name = c.workspace
    JOIN workspaces w ON w.name = k.name AND w.current_release = k.id AND w.triggers_of = k.id
    LEFT JOIN triggers t ON t.workspace = c.workspace AND t.name = c.trigger AND t.form = 'consumer'
    LEFT JOIN jobs j ON j.id = c.job_id
    WHERE ({_ENDED}
        OR c.state = 'running' AND (NOT {_LIVE} OR c.release_id IS DISTINCT FROM k.id)
        OR c.state = 'ending' AND j.cancel_reason IS NULL
        OR c.job_id IS NULL AND (t.name IS NULL
            OR c.state = 'waiting' AND {_LIVE} AND c.starts_at <= clock_timestamp()
            OR c.state = 'ended' AND {_LIVE} AND c.release_id IS DISTINCT FROM k.id
            OR c.state IN ('stopped', 'ended') AND NOT {_LIVE}))
      AND (%(one_workspace)s::text IS NULL OR c.workspace = %(one_workspace)s AND c.trigger = %(one_trigger)s)
    ORDER BY c.starts_at LIMIT %(limit)s FOR UPDATE OF c SKIP LOCKED
    """  # noqa: S608 - constants


async def add_missing(connection: Connection, workspaces: Collection[str]) -> None:
    """Makes the rows of new triggers."""
    await execute(connection, _NEW, (list(workspaces),))


async def claim_due(
    connection: Connection, releases: Mapping[str, int], limit: int, only: tuple[str, str] | None = None
) -> list[DueConsumer]:
    """Locks consumers with something to do, of workspaces whose current release is that of `releases`.

    Of all, or `only` one, by workspace and trigger. Those locked by others are left out.
    """
    workspace, trigger = only or (None, None)
    values = {
        "workspaces": list(releases), "releases": list(releases.values()), "limit": limit,
        "one_workspace": workspace, "one_trigger": trigger,
    }  # fmt: skip
    names = [field.name for field in attrs.fields(ConsumerRow)]
    return [
        DueConsumer(row=ConsumerRow(**{name: row.pop(name) for name in names}), **row)
        for row in await fetch_named(connection, _DUE, values)
    ]


async def begin(connection: Connection, row: ConsumerRow, job_id: uuid.UUID, release_id: int, digest: str) -> None:
    """Notes the job of a locked consumer that starts."""
    await execute(
        connection,
        """
        UPDATE consumers SET state = 'running', job_id = %s, release_id = %s, digest = %s, starts = starts + 1,
            started_at = clock_timestamp() WHERE workspace = %s AND trigger = %s
        """,
        (job_id, release_id, digest, row.workspace, row.trigger),
    )


async def check(connection: Connection, row: ConsumerRow, release_id: int) -> None:
    """Notes that a locked consumer runs what a release has, too."""
    await execute(
        connection,
        "UPDATE consumers SET release_id = %s WHERE workspace = %s AND trigger = %s",
        (release_id, row.workspace, row.trigger),
    )


async def end(connection: Connection, row: ConsumerRow) -> None:
    """Notes that the job of a locked consumer is to end, though nobody has cancelled it."""
    query = "UPDATE consumers SET state = 'ending' WHERE workspace = %s AND trigger = %s"
    await execute(connection, query, (row.workspace, row.trigger))


async def note_end(
    connection: Connection, row: ConsumerRow, status: str, *, state: str, failures: int, secs: float
) -> None:
    """Notes the end of the job of a locked consumer, and the seconds until it may start again."""
    await execute(
        connection,
        """
        UPDATE consumers SET state = %s, job_id = NULL, last_job = job_id, last_status = %s, failures = %s, waiting = 0,
            ended_at = clock_timestamp(), starts_at = clock_timestamp() + make_interval(secs => %s)
        WHERE workspace = %s AND trigger = %s
        """,
        (state, status, failures, secs, row.workspace, row.trigger),
    )


async def put_off(connection: Connection, row: tuple[str, str], secs: float) -> int:
    """Notes that a consumer cannot start, and tries it again later; the failures in a row, 0 if it has a job by now."""
    rows = await fetch(
        connection,
        """
        UPDATE consumers SET state = 'waiting', failures = failures + 1,
            starts_at = clock_timestamp() + make_interval(secs => %s)
        WHERE workspace = %s AND trigger = %s AND job_id IS NULL RETURNING failures
        """,
        (secs, *row),
    )
    return int(rows[0][0]) if rows else 0


async def wait_again(connection: Connection, workspace: str, trigger: str) -> bool:
    """Lets a consumer that has ended for good, or was stopped, start again at once; False for another."""
    query = """
        UPDATE consumers SET state = 'waiting', starts_at = clock_timestamp(), failures = 0
        WHERE workspace = %s AND trigger = %s AND state IN ('stopped', 'ended')
        """
    return bool(await execute(connection, query, (workspace, trigger)))


async def remove(connection: Connection, row: ConsumerRow) -> None:
    """Deletes a locked consumer whose trigger is gone."""
    query = "DELETE FROM consumers WHERE workspace = %s AND trigger = %s"
    await execute(connection, query, (row.workspace, row.trigger))


async def secs_to_due(connection: Connection, workspaces: Collection[str], most: float) -> float:
    """Seconds until a consumer is to start, at most `most`."""
    rows = await fetch(
        connection,
        """
        SELECT extract(epoch FROM c.starts_at - clock_timestamp())::float8 FROM consumers c
        JOIN triggers t ON t.workspace = c.workspace AND t.name = c.trigger
        WHERE c.state = 'waiting' AND c.workspace = ANY(%s) AND t.enabled AND NOT t.paused
        ORDER BY c.starts_at LIMIT 1
        """,
        (list(workspaces),),
    )
    return min(most, max(0.0, rows[0][0])) if rows else most


async def find(connection: Connection, workspace: str, trigger: str) -> ConsumerRow | None:
    """The consumer of a trigger."""
    query = f"SELECT {_COLUMNS} FROM consumers WHERE workspace = %s AND trigger = %s"  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, (workspace, trigger))
    return ConsumerRow(**rows[0]) if rows else None


async def of_workspaces(connection: Connection, workspaces: Collection[str]) -> dict[tuple[str, str], ConsumerRow]:
    """The consumers of workspaces, by workspace and trigger."""
    query = f"SELECT {_COLUMNS} FROM consumers WHERE workspace = ANY(%s)"  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, (list(workspaces),))
    return {(row["workspace"], row["trigger"]): ConsumerRow(**row) for row in rows}


async def running_jobs(connection: Connection, workspaces: Collection[str]) -> frozenset[uuid.UUID]:
    """The jobs of consumers."""
    query = "SELECT job_id FROM consumers WHERE job_id IS NOT NULL AND workspace = ANY(%s)"
    return frozenset(row[0] for row in await fetch(connection, query, (list(workspaces),)))


async def jobs_outside(connection: Connection, workspaces: Collection[str]) -> list[tuple[str, uuid.UUID]]:
    """The live jobs of consumers of other workspaces than these that no server follows, with their workspaces."""
    query = """
        SELECT c.workspace, c.job_id FROM consumers c JOIN jobs j ON j.id = c.job_id
        WHERE c.workspace <> ALL(%s) AND j.status IN ('pending', 'running') AND j.cancel_reason IS NULL
          AND NOT EXISTS (SELECT FROM followed f WHERE f.kind = 'workspace' AND f.key = c.workspace
                          AND f.due_at > now() - interval '1 minute')
        """
    return [(row[0], row[1]) for row in await fetch(connection, query, (list(workspaces),))]


async def last_event_ids(connection: Connection, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The ids of the last events of the triggers whose consumers these jobs are, by job."""
    query = "SELECT job_id, last_event_id FROM consumers WHERE job_id = ANY(%s) AND last_event_id IS NOT NULL"
    return dict(await fetch(connection, query, (list(job_ids),)))


@attrs.frozen(kw_only=True)
class EventCounts:
    """Events that were settled together: how many, and how many of them were seen before. `waiting` more follow.

    `last_id` is the id of the last one with an id.
    """

    events: int
    duplicates: int
    waiting: int
    last_id: str | None


async def count_events(connection: Connection, workspace: str, trigger: str, counts: EventCounts) -> None:
    """Counts events of a trigger, whose consumer this transaction then locks."""
    await execute(
        connection,
        """
        UPDATE consumers SET events = events + %(new)s, duplicates = duplicates + %(duplicates)s, waiting = %(waiting)s,
            last_event_id = CASE WHEN %(new)s > 0 THEN coalesce(%(last_id)s, last_event_id) ELSE last_event_id END,
            last_event_at = CASE WHEN %(new)s > 0 THEN clock_timestamp() ELSE last_event_at END,
            rate = rate * exp(-least(extract(epoch FROM clock_timestamp() - rate_at)::float8 / %(secs)s, 100))
                + %(new)s / %(secs)s,
            rate_at = clock_timestamp()
        WHERE workspace = %(workspace)s AND trigger = %(trigger)s
        """,
        {
            "new": counts.events - counts.duplicates, "duplicates": counts.duplicates, "waiting": counts.waiting,
            "last_id": storable(counts.last_id), "secs": RATE_SECS, "workspace": workspace, "trigger": trigger,
        },
    )  # fmt: skip
