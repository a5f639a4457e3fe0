"""Queries of keys: who holds their slots, and who waits for them. Their cost is bounded by the rows that they show."""

import datetime
import uuid
from collections.abc import Collection

import attrs

from stroem.definitions.limit import Rate
from stroem.store.limits.slots import Owner, owner_key
from stroem.store.statement import Connection, fetch, fetch_named, records

MOST_SHOWN = 20
"""Most holders, and most owners in line, that are shown of a key."""
MOST_COUNTED = 1000
"""Most owners in line that are counted."""


@attrs.frozen(kw_only=True)
class LineOwner:
    """A holder of a slot, or an owner in line. `job_since` is the start of its job."""

    job_id: uuid.UUID
    step: int
    workspace: str
    task: str
    since: datetime.datetime
    job_since: datetime.datetime | None


@attrs.frozen(kw_only=True)
class KeyState:
    """A key with its oldest holders and the first in line. `held` counts all holders.

    `opens_at` is the end of a full window of its rate; None if the window is not full.
    """

    key: str
    size: int
    held: int
    rate: Rate | None = None
    opens_at: datetime.datetime | None = None
    holders: tuple[LineOwner, ...] = ()
    line: tuple[LineOwner, ...] = ()


async def states_of(connection: Connection, keys: Collection[str]) -> dict[str, KeyState]:
    """The states of keys; those that nothing has used are left out."""
    if not keys:
        return {}
    values = {"keys": list(keys), "most": MOST_SHOWN}
    found = await fetch(
        connection,
        """
        SELECT k.key, k.size, k.rate, k.per_secs, (SELECT count(*) FROM slots s WHERE s.key = k.key),
               (SELECT u.at + make_interval(secs => k.per_secs) FROM slot_uses u
                WHERE k.rate IS NOT NULL AND u.key = k.key AND u.at > now() - make_interval(secs => k.per_secs)
                ORDER BY u.at DESC OFFSET greatest(k.rate - 1, 0) LIMIT 1)
        FROM slot_keys k WHERE k.key = ANY(%(keys)s)
        """,
        values,
    )
    owners = await fetch_named(
        connection,
        """
        SELECT n.key, o.holds, o.job_id, o.step, j.workspace, j.task, o.since, j.started_at AS job_since
        FROM unnest(%(keys)s::text[]) AS n (key) CROSS JOIN LATERAL (
            (SELECT true AS holds, s.job_id, s.step, s.taken_at AS since, row_number() OVER () AS nth
             FROM (SELECT * FROM slots WHERE key = n.key ORDER BY taken_at, number LIMIT %(most)s) s)
            UNION ALL
            (SELECT false, l.job_id, l.step, l.since, row_number() OVER ()
             FROM (SELECT * FROM slot_line WHERE key = n.key ORDER BY priority, id LIMIT %(most)s) l)
        ) o JOIN jobs j ON j.id = o.job_id ORDER BY n.key, o.holds, o.nth
        """,
        values,
    )
    sides: dict[tuple[str, bool], list[LineOwner]] = {}
    for row in owners:
        sides.setdefault((row.pop("key"), row.pop("holds")), []).append(LineOwner(**row))
    return {
        row[0]: KeyState(
            key=row[0],
            size=row[1],
            held=row[4],
            rate=None if row[2] is None else Rate(starts=row[2], secs=row[3]),
            opens_at=row[5],
            holders=tuple(sides.get((row[0], True), ())),
            line=tuple(sides.get((row[0], False), ())),
        )
        for row in found
    }


async def ahead_of(connection: Connection, owners: Collection[Owner]) -> dict[Owner, int]:
    """The numbers of owners that are before these in their lines, at most 1000. Others are left out."""
    rows = await fetch(
        connection,
        """
        SELECT l.job_id, l.step, (SELECT count(*) FROM (
            SELECT FROM slot_line o WHERE o.key = l.key AND (o.priority, o.id) < (l.priority, l.id) LIMIT %s) a)
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s) n
        JOIN slot_line l ON l.job_id = n.job_id AND l.step = n.step
        """,
        (MOST_COUNTED, *records([owner_key(owner) for owner in owners])),
    )
    return {(row[0], row[1]): row[2] for row in rows}


async def length_before(connection: Connection, key: str, priority: int) -> int:
    """The number of owners that a new one of this priority, as in the line, would stand behind. At most 1000."""
    query = "SELECT count(*) FROM (SELECT FROM slot_line WHERE key = %s AND priority <= %s LIMIT %s) a"
    rows = await fetch(connection, query, (key, priority, MOST_COUNTED))
    return int(rows[0][0])
