"""Sources that are followed: which are due for a poll, claims, leases and requests."""

import datetime
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

import attrs

from stroem.store.statement import Connection, execute, fetch, fetch_named

Kind = Literal["workspace", "library", "set"]
Key = tuple[Kind, str]
"""A followed source: its kind, and its key among those of its kind."""

LEASE_SECS = 30.0


@attrs.frozen(kw_only=True)
class FollowedRow:
    """The schedule of a source.

    `polls` counts all polls and `asks` the requests for one; `cause` and `asked_by` are those of the last request that
    was not served. `now` is the database's time when the row was read.
    """

    kind: Kind
    key: str
    due_at: datetime.datetime
    checked_at: datetime.datetime | None
    polls: int
    asks: int
    cause: str | None
    asked_by: str | None
    now: datetime.datetime

    @property
    def due_in_secs(self) -> float:
        """Seconds from the reading of the row until the next poll; negative when it was due already."""
        return (self.due_at - self.now).total_seconds()


COLUMNS = "f.kind, f.key, f.due_at, f.checked_at, f.polls, f.asks, f.cause, f.asked_by, now() AS now"
FINISH = """
    UPDATE followed f
    SET due_at = CASE WHEN f.asks = %(asks)s THEN now() + make_interval(secs => %(next_secs)s) ELSE f.due_at END,
        cause = CASE WHEN f.asks <> %(asks)s THEN f.cause END,
        asked_by = CASE WHEN f.asks <> %(asks)s THEN f.asked_by END
    FROM reported r WHERE f.kind = %(kind)s AND f.key = %(key)s
    RETURNING f.due_at, r.changed_at
    """
"""Ends a poll after a report: follows a CTE `reported` with the column `changed_at`.

The next poll is in `next_secs`, unless more than `asks` requests have come meanwhile.
"""

# Looked up in a hash table, not one by one: those that no settings have any more are due for ever and come first.
_NAMED = """((f.kind, f.key) IN (
        SELECT 'workspace', unnest(%(workspace)s::text[]) UNION ALL SELECT 'library', unnest(%(library)s::text[])
        UNION ALL SELECT 'set', unnest(%(set)s::text[])
    )) IS TRUE"""
_ENTER = """
    INSERT INTO followed (kind, key, interval_secs)
    SELECT %(kind)s, * FROM unnest(%(keys)s::text[], %(intervals)s::float8[])
    ON CONFLICT (kind, key) DO UPDATE SET interval_secs = excluded.interval_secs
    WHERE followed.interval_secs <> excluded.interval_secs
    """
_CLAIM = f"""
    WITH due AS (
        SELECT f.kind, f.key FROM followed f
        WHERE f.due_at <= now() AND {_NAMED}
        ORDER BY f.due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    UPDATE followed f
    SET due_at = now() + make_interval(secs => least(
            f.interval_secs * (0.9 + 0.2 * random()), CASE WHEN f.cause IS NOT NULL THEN %(lease)s END)),
        checked_at = now(), polls = f.polls + 1
    FROM due WHERE f.kind = due.kind AND f.key = due.key
    RETURNING {COLUMNS}
    """  # noqa: S608
_TAKE = f"""
    UPDATE followed f
    SET due_at = now() + make_interval(secs => least(
            f.interval_secs, CASE WHEN f.cause IS NOT NULL THEN %(lease)s END)),
        checked_at = now(), polls = f.polls + 1
    WHERE f.kind = %(kind)s AND f.key = %(key)s
    RETURNING {COLUMNS}
    """  # noqa: S608
_RENEW = """
    UPDATE followed SET due_at = greatest(due_at, now() + make_interval(secs => %(lease)s))
    WHERE kind = %(kind)s AND key = %(key)s AND asks = %(asks)s
    """
_ASK = f"""
    UPDATE followed f SET due_at = now(), cause = %(cause)s, asked_by = %(by)s, asks = f.asks + 1 WHERE {_NAMED}
    """  # noqa: S608
_NEXT = f"SELECT extract(epoch FROM min(f.due_at) - now())::float FROM followed f WHERE {_NAMED}"  # noqa: S608


async def enter(connection: Connection, kind: Kind, intervals: Mapping[str, float]) -> None:
    """Sets the poll intervals, in seconds by key; sources without a row get one and are due now."""
    values = {"kind": kind, "keys": list(intervals), "intervals": list(intervals.values())}
    await execute(connection, _ENTER, values)


async def claim_due(connection: Connection, keys: Collection[Key], most: int) -> list[FollowedRow]:
    """Claims sources that are due for a poll, and moves their next poll on by their interval.

    Those with an unserved request are due again after `LEASE_SECS` unless the poll is reported or its lease renewed.
    """
    values = {**_by_kind(keys), "lease": LEASE_SECS, "most": most}
    return [FollowedRow(**row) for row in await fetch_named(connection, _CLAIM, values)]


async def take(connection: Connection, key: Key) -> FollowedRow | None:
    """Claims one source whether it is due or not, as `claim_due`; None when it has no row."""
    rows = await fetch_named(connection, _TAKE, {"kind": key[0], "key": key[1], "lease": LEASE_SECS})
    return FollowedRow(**rows[0]) if rows else None


async def renew_lease(connection: Connection, row: FollowedRow) -> None:
    """Keeps a source claimed for `LEASE_SECS` from now, unless another poll was asked for."""
    values = {"kind": row.kind, "key": row.key, "asks": row.asks, "lease": LEASE_SECS}
    await execute(connection, _RENEW, values)


async def ask(connection: Connection, keys: Collection[Key], cause: str, by: str | None = None) -> None:
    """Makes sources due now."""
    await execute(connection, _ASK, {**_by_kind(keys), "cause": cause, "by": by})


async def secs_until_due(connection: Connection, keys: Collection[Key]) -> float | None:
    """Seconds until the first of the sources is due, negative when it is already; None when there is none."""
    secs: float | None = (await fetch(connection, _NEXT, _by_kind(keys)))[0][0]
    return secs


def joined(row: Mapping[str, Any]) -> FollowedRow:
    """The schedule in a row that has all its columns among others."""
    return FollowedRow(**{field.name: row[field.name] for field in attrs.fields(FollowedRow)})


def _by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"workspace": [], "library": [], "set": []}
    for kind, key in keys:
        found[kind].append(key)
    return found
