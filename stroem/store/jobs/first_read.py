"""The first read of a transaction that changes jobs: one round trip."""

import uuid
from collections.abc import Collection, Mapping, Sequence

import attrs

from stroem.engine.requests import Load, Rows
from stroem.store.jobs import load, locked_jobs
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.logs import logs
from stroem.store.logs.logs import LogAccess, LogClaim
from stroem.store.statement import Connection, send


@attrs.frozen(kw_only=True)
class FirstRead:
    """Locked jobs, and what was read under their locks: answers to claims to append to logs, and rows of steps."""

    jobs: dict[uuid.UUID, LockedJob]
    logs: Mapping[LogClaim, LogAccess] = attrs.Factory(dict)
    rows: Mapping[uuid.UUID, Rows] = attrs.Factory(dict)


async def lock_and_read(
    connection: Connection, ids: Collection[uuid.UUID], claims: Sequence[LogClaim], wanted: Mapping[uuid.UUID, Load]
) -> FirstRead:
    """Locks jobs, and then reads with statements of their own, which see all that was committed before the locks.

    `wanted` has no steps `inside` scopes.
    """
    heads = [logs.claiming(claims)] if claims else []
    loading = load.loading(wanted)
    cursors = await send(connection, [locked_jobs.locking(ids), *heads, *([] if loading is None else [loading])])
    return FirstRead(
        jobs=await locked_jobs.locked_by(cursors[0]),
        logs=await logs.accesses(claims, cursors[1]) if claims else {},
        rows={} if loading is None else load.loaded(wanted, await cursors[-1].fetchall()),
    )
