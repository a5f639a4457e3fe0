"""Events that could not start a job."""

import datetime
from collections.abc import Collection, Sequence
from typing import Any

import attrs

from stroem.store.statement import Connection, columns, execute, fetch, fetch_named, records, storable


@attrs.frozen(kw_only=True)
class NewLetter:
    """An event to keep. Without `data` it was unreadable, and has the start of its `text`."""

    workspace: str
    trigger: str
    key: str
    reason: str
    data: Any
    text: str
    size: int
    is_masked: bool


@attrs.frozen(kw_only=True)
class LetterRow(NewLetter):
    """A kept event. `retries` counts failed attempts to start its job again."""

    id: int
    at: datetime.datetime
    retries: int


_COLUMNS = columns(LetterRow)


async def put(connection: Connection, letters: Sequence[NewLetter]) -> None:
    """Keeps events; one that is kept already has the new reason."""
    rows, count = records([_plain(letter) for letter in {one.key: one for one in letters}.values()])
    await execute(
        connection,
        """
        INSERT INTO dead_letters AS d (workspace, trigger, key, reason, data, text, size, is_masked)
        SELECT workspace, trigger, key, reason, data, text, size, is_masked
        FROM (SELECT * FROM json_to_recordset(%s::json) AS r (workspace text, trigger text, key text, reason text,
              data json, text text, size int, is_masked boolean) LIMIT %s) l
        ORDER BY key
        ON CONFLICT (workspace, trigger, key) DO UPDATE SET reason = excluded.reason, at = clock_timestamp(),
            data = excluded.data, text = excluded.text, size = excluded.size, is_masked = excluded.is_masked
        """,
        (rows, count),
    )


def _plain(letter: NewLetter) -> dict[str, Any]:
    plain = attrs.asdict(letter, recurse=False)
    return {**plain, **{name: storable(plain[name]) for name in ("key", "reason", "text")}}


async def settle(connection: Connection, workspace: str, trigger: str, keys: Collection[str]) -> None:
    """Drops the events with these keys: they have a job, or need none."""
    query = "DELETE FROM dead_letters WHERE workspace = %s AND trigger = %s AND key = ANY(%s)"
    await execute(connection, query, (workspace, trigger, [storable(key) for key in keys]))


async def listed(connection: Connection, workspace: str, trigger: str, limit: int, offset: int) -> list[LetterRow]:
    """The kept events of a trigger, newest first."""
    query = f"""
        SELECT {_COLUMNS} FROM dead_letters WHERE workspace = %s AND trigger = %s ORDER BY id DESC LIMIT %s OFFSET %s
        """  # noqa: S608 - names of columns
    return [LetterRow(**row) for row in await fetch_named(connection, query, (workspace, trigger, limit, offset))]


async def count(connection: Connection, workspace: str, trigger: str) -> int:
    """The number of kept events of a trigger."""
    query = "SELECT count(*) FROM dead_letters WHERE workspace = %s AND trigger = %s"
    return int((await fetch(connection, query, (workspace, trigger)))[0][0])


async def counts(connection: Connection, workspaces: Collection[str]) -> dict[tuple[str, str], int]:
    """The numbers of kept events of workspaces, by workspace and trigger, of those that have some."""
    query = """
        SELECT workspace, trigger, count(*) FROM dead_letters WHERE workspace = ANY(%s) GROUP BY workspace, trigger
        """
    return {(row[0], row[1]): row[2] for row in await fetch(connection, query, (list(workspaces),))}


async def missing_ids(connection: Connection, workspace: str, trigger: str, ids: Collection[int]) -> list[int]:
    """Those of the ids that no kept event of a trigger has."""
    query = """
        SELECT i.id FROM unnest(%s::bigint[]) AS i (id) WHERE NOT EXISTS (
            SELECT FROM dead_letters d WHERE d.id = i.id AND d.workspace = %s AND d.trigger = %s
        ) ORDER BY i.id
        """
    return [row[0] for row in await fetch(connection, query, (list(ids), workspace, trigger))]


async def to_retry(
    connection: Connection, workspace: str, trigger: str, ids: Collection[int] | None, after: int, limit: int
) -> list[LetterRow]:
    """Kept events after an id, the oldest first: all, or those with these ids."""
    query = f"""
        SELECT {_COLUMNS} FROM dead_letters WHERE workspace = %s AND trigger = %s AND id > %s
          AND (%s::bigint[] IS NULL OR id = ANY(%s::bigint[])) ORDER BY id LIMIT %s
        """  # noqa: S608 - names of columns
    wanted = None if ids is None else list(ids)
    rows = await fetch_named(connection, query, (workspace, trigger, after, wanted, wanted, limit))
    return [LetterRow(**row) for row in rows]


async def fail(connection: Connection, letter: LetterRow, reason: str) -> None:
    """Notes that another attempt has failed."""
    query = "UPDATE dead_letters SET retries = retries + 1, reason = %s WHERE id = %s"
    await execute(connection, query, (storable(reason), letter.id))


async def drop(connection: Connection, workspace: str, trigger: str, ids: Collection[int] | None) -> int:
    """Drops all kept events of a trigger, or those with these ids; returns their number."""
    query = """
        DELETE FROM dead_letters WHERE workspace = %s AND trigger = %s
          AND (%s::bigint[] IS NULL OR id = ANY(%s::bigint[]))
        """
    wanted = None if ids is None else list(ids)
    return await execute(connection, query, (workspace, trigger, wanted, wanted))


async def drop_old(connection: Connection, days: float, limit: int, skip: int) -> int:
    """Deletes up to `limit` kept events older than these days, after the first `skip`."""
    return await execute(
        connection,
        """
        DELETE FROM dead_letters WHERE id IN (
            SELECT id FROM dead_letters WHERE at < now() - make_interval(secs => %s) ORDER BY at, id
            LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED
        )
        """,
        (days * 86400, limit, skip),
    )


async def drop_beyond(connection: Connection, workspace: str, trigger: str, most: int) -> int:
    """Deletes the oldest kept events of a trigger, so that `most` remain."""
    return await execute(
        connection,
        """
        DELETE FROM dead_letters WHERE workspace = %(workspace)s AND trigger = %(trigger)s AND id <= (
            SELECT id FROM dead_letters WHERE workspace = %(workspace)s AND trigger = %(trigger)s
            ORDER BY id DESC LIMIT 1 OFFSET %(most)s
        )
        """,
        {"workspace": workspace, "trigger": trigger, "most": most},
    )
