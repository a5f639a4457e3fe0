"""Keys of slots: full windows of rates, sizes of older releases, and keys without use."""

import attrs

from stroem.store.statement import Connection, execute, fetch


@attrs.frozen(kw_only=True)
class OutdatedKey:
    """A key with a line, whose size is not from the current release of its workspace."""

    key: str
    workspace: str
    release_id: int


async def opening_keys(connection: Connection, limit: int) -> list[str]:
    """Keys for which owners wait, and whose full windows have opened."""
    query = "SELECT key FROM slot_keys WHERE opens_at <= clock_timestamp() ORDER BY opens_at LIMIT %s"
    return [row[0] for row in await fetch(connection, query, (limit,))]


async def close_windows(connection: Connection, key: str, secs: float) -> None:
    """Puts off the next attempt to open the window of a key."""
    query = "UPDATE slot_keys SET opens_at = now() + make_interval(secs => %s) WHERE key = %s"
    await execute(connection, query, (secs, key))


async def outdated_keys(connection: Connection, limit: int) -> list[OutdatedKey]:
    """Keys with a line and a size of another release than the current one of their workspace."""
    rows = await fetch(
        connection,
        """
        SELECT k.key, k.workspace, w.current_release FROM slot_keys k JOIN workspaces w ON w.name = k.workspace
        WHERE k.release_id <> w.current_release AND EXISTS (SELECT FROM slot_line l WHERE l.key = k.key)
        ORDER BY k.key LIMIT %s
        """,
        (limit,),
    )
    return [OutdatedKey(key=row[0], workspace=row[1], release_id=row[2]) for row in rows]


async def server_keys(connection: Connection) -> list[str]:
    """Keys of limits of the server."""
    return [row[0] for row in await fetch(connection, "SELECT key FROM slot_keys WHERE key LIKE 'server:%%'", ())]


async def drop_unused(connection: Connection, limit: int, skip: int) -> int:
    """Deletes up to `limit` keys without slots, line and uses in their windows, after the first `skip`."""
    return await execute(
        connection,
        """
        WITH unused AS (
            SELECT k.key FROM slot_keys k
            WHERE k.key NOT LIKE 'server:%%'
              AND NOT EXISTS (SELECT FROM slots s WHERE s.key = k.key)
              AND NOT EXISTS (SELECT FROM slot_line l WHERE l.key = k.key)
              AND NOT EXISTS (SELECT FROM slot_uses u
                  WHERE u.key = k.key AND u.at > now() - make_interval(secs => k.per_secs))
            ORDER BY k.key LIMIT %s OFFSET %s FOR UPDATE SKIP LOCKED
        ), gone AS (DELETE FROM slot_uses u USING unused k WHERE u.key = k.key)
        DELETE FROM slot_keys k USING unused u WHERE k.key = u.key
        """,
        (limit, skip),
    )
