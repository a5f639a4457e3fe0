"""Workspaces and releases as rows, without what makes them."""

import itertools
from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from stroem.store.database import Database
from stroem.store.statement import execute, fetch
from tests.support.wait import eventually

_digests = (f"{number:064x}" for number in itertools.count(1))


async def release(
    database: Database,
    workspace: str = "w",
    *,
    manifest: str | None = None,
    tarball: str | None = None,
    held: Sequence[int] = (),
    current: bool = True,
) -> int:
    """Makes the next release of a workspace, and returns its id."""
    async with database.begin() as connection:
        await execute(connection, "INSERT INTO workspaces (name) VALUES (%s) ON CONFLICT DO NOTHING", [workspace])
        await execute(connection, "SELECT FROM workspaces WHERE name = %s FOR UPDATE", [workspace])
        ((made,),) = await fetch(
            connection,
            """
            INSERT INTO releases (workspace, number, revision, manifest, tarball, changes, held,
                                  tasks_count, actions_count, triggers_count, connections_count)
            SELECT %(workspace)s, coalesce(max(number), 0) + 1, 'r', %(manifest)s, %(tarball)s, '[]', %(held)s,
                1, 1, 0, 0
            FROM releases WHERE workspace = %(workspace)s
            RETURNING id
            """,
            {
                "workspace": workspace,
                "manifest": manifest or next(_digests),
                "tarball": tarball,
                "held": Jsonb([{"kind": "task", "name": "t", "release_id": release_id} for release_id in held]),
            },
        )
        if current:
            await execute(connection, "UPDATE workspaces SET current_release = %s WHERE name = %s", [made, workspace])
    return int(made)


async def do(database: Database, sql: str, *values: Any) -> None:
    async with database.begin() as connection:
        await execute(connection, sql, values)


async def rows(database: Database, sql: str, *values: Any) -> list[Any]:
    async with database.read() as connection:
        return await fetch(connection, sql, values)


async def kept(database: Database, workspace: str = "w") -> list[int]:
    """The ids of the releases that are there."""
    return [
        row[0] for row in await rows(database, "SELECT id FROM releases WHERE workspace = %s ORDER BY id", workspace)
    ]


async def until_somebody_waits(database: Database) -> None:
    """Waits until a statement waits for a lock."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    await eventually(lambda: rows(database, waiting), "a statement waits for a lock")
