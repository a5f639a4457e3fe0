"""Fires of triggers, each key of a trigger once."""

import datetime
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import attrs

from stroem.store.statement import Connection, columns, execute, fetch_named, records, storable
from stroem.store.triggers.keys import stored_key


@attrs.frozen(kw_only=True)
class NewFire:
    """A fire to record."""

    workspace: str
    trigger: str
    key: str
    verdict: str
    scheduled_at: datetime.datetime | None = None
    job_id: uuid.UUID | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class FireRow(NewFire):
    """A recorded fire. Ids increase with time. `job_status` is that of its job, None without one."""

    id: int
    at: datetime.datetime
    job_status: str | None


_OWN = ", ".join(name for name in columns(FireRow).split(", ") if name != "job_status")
_COLUMNS = f"{_OWN}, (SELECT j.status FROM jobs j WHERE j.id = f.job_id) AS job_status"  # noqa: S608 - names of columns


async def add(connection: Connection, fires: Sequence[NewFire]) -> list[bool]:
    """Records fires; for each, whether its key was new."""
    if not fires:
        return []
    rows, count = records([_plain(number, fire) for number, fire in enumerate(fires)])
    added = await fetch_named(
        connection,
        """
        INSERT INTO trigger_fires (workspace, trigger, key, verdict, scheduled_at, job_id, reason)
        SELECT workspace, trigger, key, verdict, scheduled_at, job_id, reason
        FROM (SELECT * FROM json_to_recordset(%s::json) AS r (number int, workspace text, trigger text, key text,
              verdict text, scheduled_at timestamptz, job_id uuid, reason text) LIMIT %s) f
        ORDER BY workspace, trigger, key, number
        ON CONFLICT (workspace, trigger, key) DO NOTHING
        RETURNING workspace, trigger, key
        """,
        (rows, count),
    )
    left = {(row["workspace"], row["trigger"], row["key"]) for row in added}
    found: list[bool] = []
    for fire in fires:
        key = (fire.workspace, fire.trigger, stored_key(fire.key))
        found.append(key in left)
        left.discard(key)
    return found


def _plain(number: int, fire: NewFire) -> dict[str, Any]:
    plain = attrs.asdict(fire)
    return {**plain, "number": number, "key": stored_key(fire.key), "reason": storable(fire.reason)}


async def find(connection: Connection, workspace: str, trigger: str, keys: Collection[str]) -> dict[str, FireRow]:
    """The recorded fires with these keys, by key."""
    query = f"""
        SELECT {_COLUMNS} FROM trigger_fires f WHERE workspace = %s AND trigger = %s AND key = ANY(%s)
        """  # noqa: S608 - names of columns
    stored = {stored_key(key): key for key in keys}
    rows = await fetch_named(connection, query, (workspace, trigger, list(stored)))
    return {stored[row["key"]]: FireRow(**row) for row in rows}


async def latest(connection: Connection, workspace: str, trigger: str, limit: int) -> list[FireRow]:
    """The last fires of a trigger, newest first."""
    query = f"""
        SELECT {_COLUMNS} FROM trigger_fires f WHERE workspace = %s AND trigger = %s ORDER BY id DESC LIMIT %s
        """  # noqa: S608 - names of columns
    return [FireRow(**row) for row in await fetch_named(connection, query, (workspace, trigger, limit))]


async def last_of_each(connection: Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], FireRow]:
    """The last fire of each trigger, by workspace and name."""
    query = f"""
        SELECT l.* FROM unnest(%s::text[], %s::text[]) AS n (workspace, name),
        LATERAL (SELECT {_COLUMNS} FROM trigger_fires f WHERE workspace = n.workspace AND trigger = n.name
                 ORDER BY id DESC LIMIT 1) l
        """  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, ([one for one, _ in pairs], [name for _, name in pairs]))
    return {(row["workspace"], row["trigger"]): FireRow(**row) for row in rows}


async def drop_old(connection: Connection, days: float, limit: int, skip: int) -> int:
    """Deletes up to `limit` fires older than these days, after the first `skip`. The last of each trigger stays."""
    return await execute(
        connection,
        """
        DELETE FROM trigger_fires WHERE id IN (
            SELECT id FROM trigger_fires f WHERE at < now() - make_interval(secs => %s)
              AND EXISTS (SELECT FROM trigger_fires n
                          WHERE n.workspace = f.workspace AND n.trigger = f.trigger AND n.id > f.id)
            ORDER BY at, id LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED
        )
        """,
        (days * 86400, limit, skip),
    )
