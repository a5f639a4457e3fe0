"""Which releases are kept, and how the others are dropped."""

from stroem.store import blob_garbage
from stroem.store.statement import Connection, execute, fetch

# Kept are: the newest of each workspace, the current one and the one before it, what a person has pinned, what a live
# job runs, and the releases from which one that is kept has definitions that are held.
_DROPPABLE = """
    WITH RECURSIVE bounds AS MATERIALIZED (
        SELECT w.name, w.current_release, oldest.number, oldest.manifest
        FROM workspaces w CROSS JOIN LATERAL (
            SELECT number, manifest FROM releases
            WHERE workspace = w.name ORDER BY number DESC OFFSET %(kept)s::int - 1 LIMIT 1
        ) oldest
        WHERE EXISTS (SELECT FROM releases WHERE workspace = w.name AND number < oldest.number)
    ), kept (id) AS (
        SELECT * FROM (
            SELECT r.id FROM bounds b JOIN releases r ON r.workspace = b.name AND r.number >= b.number
            WHERE r.held <> '[]'
            UNION ALL
            SELECT current_release FROM bounds
            UNION ALL
            SELECT (
                SELECT p.id FROM releases p WHERE p.workspace = c.workspace AND p.number < c.number
                ORDER BY p.number DESC LIMIT 1
            )
            FROM bounds b JOIN releases c ON c.id = b.current_release
            UNION ALL
            SELECT r.id FROM overrides o
            JOIN releases r ON r.workspace = o.workspace AND r.number = o.release
            WHERE o.kind = 'pinned'
            UNION ALL
            SELECT release_id FROM jobs WHERE status IN ('pending', 'running')
            UNION ALL
            SELECT (item ->> 'release_id')::bigint
            FROM bounds b JOIN workspaces w ON w.name = b.name,
                unnest(ARRAY[w.observed, w.waiting]) AS state, jsonb_path_query(state, 'lax $.held[*]') AS item
        ) AS roots
        UNION
        SELECT (item ->> 'release_id')::bigint
        FROM kept k JOIN releases r ON r.id = k.id, jsonb_array_elements(r.held) AS item
    )
    SELECT r.id, b.manifest AS neighbour
    FROM bounds b JOIN releases r ON r.workspace = b.name AND r.number < b.number
    WHERE NOT EXISTS (SELECT FROM kept k WHERE k.id = r.id)
    """
_CHOOSE = f"SELECT id FROM ({_DROPPABLE}) AS droppable ORDER BY id LIMIT %(limit)s OFFSET %(skip)s"  # noqa: S608
_LOCK = "SELECT id FROM releases WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE SKIP LOCKED"
_DELETE = f"""
    DELETE FROM releases r USING ({_DROPPABLE}) AS droppable
    WHERE r.id = droppable.id AND r.id = ANY(%(ids)s)
    RETURNING r.manifest, droppable.neighbour, r.tarball
    """  # noqa: S608 - one constant in another


async def drop_releases(connection: Connection, kept: int, limit: int, skip: int = 0) -> int:
    """Drops up to `limit` releases, behind the first `skip`, that nobody needs, of each workspace none of the newest
    `kept`. What they had in the blob store is looked through later. Must be called in a transaction.

    Who refers to a release locks its row (`FOR KEY SHARE`): it is then not dropped, or not there any more.
    """
    await execute(connection, "SET LOCAL enable_hashjoin = on")  # all workspaces at once are no matter of indexes
    chosen = [row[0] for row in await fetch(connection, _CHOOSE, {"kept": kept, "limit": limit, "skip": skip})]
    if not chosen:
        return 0
    # Asked again once nobody can begin to refer to them: what was committed before the locks is seen now.
    locked = [row[0] for row in await fetch(connection, _LOCK, {"ids": chosen})]
    dropped = await fetch(connection, _DELETE, {"kept": kept, "ids": locked})
    await blob_garbage.drop_manifests(connection, {row[0]: row[1] for row in dropped}.items())
    await blob_garbage.add(connection, {row[2] for row in dropped if row[2] is not None})
    return len(dropped)


async def keep_release(connection: Connection, release_id: int) -> bool:
    """Sees to it that a release is not dropped before the transaction ends; False when it is gone already."""
    return await execute(connection, "SELECT FROM releases WHERE id = %s FOR KEY SHARE", (release_id,)) == 1
