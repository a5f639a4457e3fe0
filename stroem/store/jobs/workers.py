"""Workers and their leases."""

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import attrs
from psycopg.types.json import Jsonb

from stroem.store.jobs.steps import SILENCE_SECS
from stroem.store.statement import Connection, columns, execute, fetch, fetch_named, storable

WorkerState = Literal["active", "cordoned", "draining"]


@attrs.frozen(kw_only=True)
class WorkerRow:
    """Row of a worker. It runs jobs of `workspaces`, or of all if there are none."""

    id: uuid.UUID
    name: str
    capabilities: list[str]
    tags: list[str]
    exclusive: bool
    version: str | None
    registered_at: datetime.datetime
    heartbeat_at: datetime.datetime
    lease_until: datetime.datetime
    active: bool
    state: WorkerState
    state_by: str | None
    state_reason: str | None
    state_at: datetime.datetime | None
    slots: int | None
    missing: dict[str, str]
    resources: dict[str, int]
    worker_group: str | None
    identity_id: uuid.UUID | None
    workspaces: list[str]


_COLUMNS = columns(WorkerRow)
KEEPS_LOCAL = "w.lease_until > w.heartbeat_at AND w.heartbeat_at > now() - make_interval(secs => %(local_secs)s)"
"""Whether a worker `w` may still go on with its local jobs: it has no other run, and was heard lately."""


@attrs.frozen(kw_only=True)
class StartedWorker:
    """A worker that has started, as its row says. `resources` are amounts in thousandths by name.

    One with an identity gets only steps of its `workspaces`, if it has some.
    """

    name: str
    capabilities: Sequence[str] = ()
    tags: Sequence[str] = ()
    exclusive: bool = False
    version: str | None = None
    slots: int | None = None
    missing: Mapping[str, str] = attrs.Factory(dict)
    resources: Mapping[str, int] = attrs.Factory(dict)
    group: str | None = None
    identity_id: uuid.UUID | None = None
    workspaces: Sequence[str] = ()

    @property
    def columns(self) -> dict[str, object]:
        """The parameters of a statement that writes all of it."""
        return {
            "name": self.name,
            "capabilities": list(self.capabilities),
            "tags": list(self.tags),
            "exclusive": self.exclusive,
            "version": self.version,
            "slots": self.slots,
            "missing": Jsonb(dict(self.missing)),
            "resources": Jsonb(dict(self.resources)),
            "group": self.group,
            "identity": self.identity_id,
            "workspaces": list(self.workspaces),
        }


async def register_worker(
    connection: Connection,
    worker_id: uuid.UUID,
    worker: StartedWorker,
    *,
    lease_secs: int,
    former: uuid.UUID | None = None,
) -> None:
    """Inserts a worker with its first lease. It stays cordoned if its `former` run was that, or was drained."""
    await execute(
        connection,
        """
        INSERT INTO workers (id, name, capabilities, tags, exclusive, version, slots, missing, resources, worker_group,
                             identity_id, workspaces, lease_until, state, state_by, state_reason, state_at)
        SELECT %(id)s, %(name)s, %(capabilities)s, %(tags)s, %(exclusive)s, %(version)s, %(slots)s, %(missing)s,
               %(resources)s, %(group)s, %(identity)s, %(workspaces)s,
               now() + make_interval(secs => %(lease)s), coalesce(f.state, 'active'),
               f.state_by, f.state_reason, f.state_at
        FROM (SELECT) one LEFT JOIN (
            SELECT 'cordoned' AS state, state_by, state_reason, state_at FROM workers
            WHERE id = %(former)s AND state <> 'active'
        ) f ON true
        """,
        {**worker.columns, "id": worker_id, "lease": lease_secs, "former": former},
    )


async def set_abilities(
    connection: Connection, worker_id: uuid.UUID, capabilities: Sequence[str], missing: Mapping[str, str]
) -> None:
    """Replaces what a worker offers, and what it cannot offer."""
    await execute(
        connection,
        "UPDATE workers SET capabilities = %s, missing = %s WHERE id = %s",
        (list(capabilities), Jsonb(dict(missing)), worker_id),
    )


async def extend_lease(connection: Connection, worker_id: uuid.UUID, lease_secs: int) -> WorkerState | None:
    """Extends a worker's lease from now; returns its state, None for an unknown worker."""
    rows = await fetch(
        connection,
        """
        UPDATE workers SET heartbeat_at = now(), lease_until = now() + make_interval(secs => %s), active = true
        WHERE id = %s RETURNING state
        """,
        (lease_secs, worker_id),
    )
    return rows[0][0] if rows else None


async def set_state(
    connection: Connection, worker_id: uuid.UUID, state: WorkerState, *, by: str | None, reason: str | None
) -> str | None:
    """Sets what a person wants of a worker; returns its name, None for an unknown one."""
    rows = await fetch(
        connection,
        """
        UPDATE workers SET state = %(state)s, state_by = %(by)s, state_reason = %(reason)s,
            state_at = CASE WHEN %(state)s <> 'active' THEN now() END
        WHERE id = %(id)s RETURNING name
        """,
        {"id": worker_id, "state": state, "by": storable(by), "reason": storable(reason)},
    )
    return rows[0][0] if rows else None


async def remove_worker(connection: Connection, worker_id: uuid.UUID, *, even_alive: bool) -> tuple[str, bool] | None:
    """Deletes a worker whose lease has ended, or any; returns its name, and whether it was deleted.

    None for an unknown worker. Its running steps are orphans from then on.
    """
    query = "SELECT name, active FROM workers WHERE id = %s FOR UPDATE"
    rows = await fetch(connection, query, (worker_id,))
    if not rows:
        return None
    name, is_active = rows[0]
    if is_active and not even_alive:
        return name, False
    await execute(connection, "DELETE FROM workers WHERE id = %s", (worker_id,))
    return name, True


async def renew_leases(connection: Connection, lease_secs: int) -> None:
    """Renews the leases of all active workers, and the time in which older workers must ask."""
    await execute(
        connection,
        "UPDATE workers SET lease_until = greatest(lease_until, now() + make_interval(secs => %s)) WHERE active",
        (lease_secs,),
    )
    await execute(connection, "UPDATE steps SET asked_at = now() WHERE status = 'running' AND asked_at IS NOT NULL")


async def expire_workers(connection: Connection, limit: int) -> list[tuple[uuid.UUID, str]]:
    """Deactivates up to `limit` workers with an expired lease; returns their ids and names."""
    rows = await fetch(
        connection,
        """
        UPDATE workers SET active = false WHERE id IN (
            SELECT id FROM workers WHERE active AND lease_until <= now()
            ORDER BY lease_until LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING id, name
        """,
        (limit,),
    )
    return [(row[0], row[1]) for row in rows]


async def expire_worker(connection: Connection, worker_id: uuid.UUID) -> None:
    """Ends the lease of one worker now, also for its local jobs: no lease ends before its last heartbeat otherwise."""
    await execute(
        connection, "UPDATE workers SET active = false, lease_until = heartbeat_at WHERE id = %s", (worker_id,)
    )


async def clock(connection: Connection) -> float:
    """Time of the database, in seconds, as leases count it."""
    return float((await fetch(connection, "SELECT extract(epoch FROM clock_timestamp())::float8"))[0][0])


async def orphaned_steps(
    connection: Connection, limit: int, *, local_secs: int
) -> list[tuple[uuid.UUID, int, int, uuid.UUID, str | None]]:
    """Running steps of workers with an expired lease: job, step, attempt, worker, worker's name, None if removed.

    A worker keeps its local jobs for `local_secs` after it was heard last.
    """
    rows = await fetch(
        connection,
        f"""
        (SELECT s.job_id, s.id, s.attempt, w.id, w.name FROM workers w
         JOIN steps s ON s.worker_id = w.id AND s.status = 'running'
         JOIN jobs j ON j.id = s.job_id
         WHERE NOT w.active AND NOT (j.mode = 'local' AND {KEEPS_LOCAL}) LIMIT %(limit)s)
        UNION ALL
        (SELECT s.job_id, s.id, s.attempt, s.worker_id, NULL FROM steps s
         WHERE s.status = 'running' AND s.worker_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM workers w WHERE w.id = s.worker_id) LIMIT %(limit)s)
        LIMIT %(limit)s
        """,  # noqa: S608 - a constant
        {"limit": limit, "local_secs": local_secs},
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def silent_steps(connection: Connection, limit: int) -> list[tuple[uuid.UUID, int, int, uuid.UUID, str]]:
    """Running steps of older workers that stopped asking about the job; as `orphaned_steps`."""
    rows = await fetch(
        connection,
        """
        SELECT s.job_id, s.id, s.attempt, w.id, w.name FROM steps s JOIN workers w ON w.id = s.worker_id
        WHERE s.status = 'running' AND s.asked_at <= now() - make_interval(secs => %s) ORDER BY s.asked_at LIMIT %s
        """,
        (SILENCE_SECS, limit),
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


async def forget_workers(connection: Connection, hours: int, limit: int, skip: int) -> int:
    """Deletes up to `limit` workers inactive for `hours`, after the first `skip`; returns their number.

    Workers that have steps, or that steps wait for, are kept.
    """
    return await execute(
        connection,
        """
        DELETE FROM workers WHERE id IN (
            SELECT id FROM workers w
            WHERE NOT active AND heartbeat_at < now() - make_interval(hours => %s)
              AND NOT EXISTS (SELECT FROM steps s WHERE s.worker_id = w.id AND s.status = 'running')
              AND NOT EXISTS (SELECT FROM steps s WHERE s.worker_id = w.id AND s.status = 'ready')
            ORDER BY heartbeat_at, id LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED)
        """,
        (hours, limit, skip),
    )


async def get_worker(connection: Connection, worker_id: uuid.UUID) -> WorkerRow | None:
    """A worker, or None."""
    query = f"SELECT {_COLUMNS} FROM workers WHERE id = %s"  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, (worker_id,))
    return WorkerRow(**rows[0]) if rows else None


async def get_workers(connection: Connection, ids: Collection[uuid.UUID]) -> list[WorkerRow]:
    """Reads workers by id. Unknown ids are left out."""
    query = f"SELECT {_COLUMNS} FROM workers WHERE id = ANY(%s)"  # noqa: S608 - names of columns
    return [WorkerRow(**row) for row in await fetch_named(connection, query, (list(ids),))]
