"""Fires that wait for more of the same key."""

import datetime
from collections.abc import Collection
from typing import Any

import attrs

from stroem.store.statement import Connection, execute, fetch, fetch_named
from stroem.store.triggers.keys import stored_key


@attrs.frozen(kw_only=True)
class Debounce:
    """Fires of one key that wait, as due at a time. One that `is_old` has waited for a day."""

    workspace: str
    trigger: str
    key: str
    first_at: datetime.datetime
    fires: int
    is_old: bool


async def put(
    connection: Connection, workspace: str, trigger: str, key: str, fire: str, wait: float, max_wait: float, most: int
) -> None:
    """Adds a fire, as JSON text, to those of its key, and puts off their job by `wait` seconds.

    The job comes at the latest `max_wait` seconds after the first, and at once with `most` fires.
    """
    values = {
        "workspace": workspace, "trigger": trigger, "key": stored_key(key), "wait": wait, "max_wait": max_wait,
        "most": most, "fire": fire,
    }  # fmt: skip
    await execute(
        connection,
        """
        WITH put AS (
            INSERT INTO debounces AS d (workspace, trigger, key, due_at)
            VALUES (%(workspace)s, %(trigger)s, %(key)s, clock_timestamp() + make_interval(secs => %(wait)s))
            ON CONFLICT (workspace, trigger, key) DO UPDATE
            SET fires = d.fires + 1, due_at = CASE WHEN d.fires + 1 >= %(most)s THEN clock_timestamp() ELSE least(
                clock_timestamp() + make_interval(secs => %(wait)s),
                d.first_at + make_interval(secs => %(max_wait)s)) END
        )
        INSERT INTO debounced_fires (workspace, trigger, key, fire)
        VALUES (%(workspace)s, %(trigger)s, %(key)s, %(fire)s)
        """,
        values,
    )


_LIVE = """
    workspace = ANY(%s) AND EXISTS (SELECT FROM triggers t
        WHERE t.workspace = d.workspace AND t.name = d.trigger AND t.enabled AND NOT t.paused)
    """


async def claim_due(
    connection: Connection, workspaces: Collection[str], limit: int, among: Collection[tuple[str, str, str]] | None
) -> list[Debounce]:
    """Locks debounces of live triggers that are due, of all or `among` some; those locked by others are left out."""
    some = sorted(among or ())
    columns = [[one[part] for one in some] for part in range(3)]
    rows = await fetch_named(
        connection,
        f"""
        SELECT workspace, trigger, key, first_at, fires, first_at < now() - interval '1 day' AS is_old
        FROM debounces d WHERE due_at <= clock_timestamp() AND {_LIVE}
          AND (%s OR EXISTS (SELECT FROM unnest(%s::text[], %s::text[], %s::text[]) AS p (w, t, k)
                             WHERE p.w = d.workspace AND p.t = d.trigger AND p.k = d.key))
        ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
        """,  # noqa: S608 - a constant
        (list(workspaces), among is None, *columns, limit),
    )
    return [Debounce(**row) for row in rows]


async def put_off(connection: Connection, debounce: Debounce) -> None:
    """Puts off a debounce whose job cannot be created: by a minute at first, then by up to an hour."""
    query = """
        UPDATE debounces SET failures = failures + 1,
            due_at = clock_timestamp() + make_interval(secs => least(60 * power(2, least(failures, 10)), 3600))
        WHERE workspace = %s AND trigger = %s AND key = %s
        """
    await execute(connection, query, (debounce.workspace, debounce.trigger, debounce.key))


async def fires_of(connection: Connection, debounce: Debounce, limit: int) -> list[tuple[int, Any]]:
    """The oldest fires of a debounce, with their ids."""
    rows = await fetch(
        connection,
        """
        SELECT id, fire FROM debounced_fires WHERE workspace = %s AND trigger = %s AND key = %s ORDER BY id LIMIT %s
        """,
        (debounce.workspace, debounce.trigger, debounce.key, limit),
    )
    return [(row[0], row[1]) for row in rows]


async def drop(connection: Connection, debounce: Debounce, last: int) -> None:
    """Deletes the fires of a debounce up to the one with the id `last`. If more have come, they are due at once."""
    values = {"workspace": debounce.workspace, "trigger": debounce.trigger, "key": debounce.key, "last": last}
    await execute(
        connection,
        """
        DELETE FROM debounced_fires
        WHERE workspace = %(workspace)s AND trigger = %(trigger)s AND key = %(key)s AND id <= %(last)s
        """,
        values,
    )
    await execute(
        connection,
        """
        WITH left_over AS (
            SELECT count(*) AS fires FROM debounced_fires
            WHERE workspace = %(workspace)s AND trigger = %(trigger)s AND key = %(key)s
        ), renewed AS (
            UPDATE debounces d SET fires = l.fires, failures = 0, first_at = clock_timestamp(),
                due_at = clock_timestamp()
            FROM left_over l
            WHERE workspace = %(workspace)s AND trigger = %(trigger)s AND key = %(key)s AND l.fires > 0
        )
        DELETE FROM debounces d USING left_over l
        WHERE workspace = %(workspace)s AND trigger = %(trigger)s AND key = %(key)s AND l.fires = 0
        """,
        values,
    )


async def secs_to_due(connection: Connection, workspaces: Collection[str], most: float) -> float:
    """Seconds until a debounce is due, at most `most`."""
    rows = await fetch(
        connection,
        f"""
        SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM debounces d
        WHERE {_LIVE} ORDER BY due_at LIMIT 1
        """,  # noqa: S608 - a constant
        (list(workspaces),),
    )
    return min(most, max(0.0, rows[0][0])) if rows else most
