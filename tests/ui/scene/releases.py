"""Releases from before the scene: rows, so that numbers are those of workspaces that have lived for long."""

import datetime
import hashlib
import random

import psycopg
from psycopg.types.json import Jsonb

from tests.ui.scene.people import EARLIER, LATEST, NAMES, author

_KEPT = 40
_UNKNOWN = "unknown"


async def insert_former(database: str, workspaces: list[str]) -> None:
    """Inserts former releases of workspaces that the server does not know yet, at most 40 of each.

    The server makes two more: the last has the number of `LATEST`.
    """
    now = datetime.datetime.now(datetime.UTC)
    async with await psycopg.AsyncConnection.connect(database) as connection, connection.cursor() as cursor:
        for workspace in workspaces:
            last, _, _, age = LATEST[workspace]
            await cursor.execute("INSERT INTO workspaces (name) VALUES (%s)", (workspace,))
            await cursor.executemany(
                """
                INSERT INTO releases (workspace, number, revision, manifest, changes, tasks_count, actions_count,
                                      triggers_count, connections_count, created_at, cause, commit, ref)
                VALUES (%s, %s, %s, %s, '[]', 0, 0, 0, 0, %s, 'push', %s, 'main')
                """,
                [
                    _row(workspace, number, now - datetime.timedelta(hours=age * 2 + (last - number) * 9))
                    for number in range(max(1, last - 1 - _KEPT), last - 1)
                ],
            )


def _row(workspace: str, number: int, at: datetime.datetime) -> tuple[object, ...]:
    chosen = random.Random(f"{workspace} {number}")
    revision = hashlib.sha1(f"{workspace} {number}".encode(), usedforsecurity=False).hexdigest()
    commit = {
        "author": author(chosen.choice(NAMES)).partition(" <")[0],
        "message": chosen.choice(EARLIER),
        "at": at.isoformat(),
    }
    return workspace, number, revision, _UNKNOWN, at, Jsonb(commit)


async def complete_former(connection: psycopg.AsyncConnection[object]) -> None:
    """Gives former releases the files and counts of the first that the server has made, and one change each."""
    await connection.execute(
        """
        UPDATE releases f SET manifest = r.manifest, tarball = r.tarball, tasks_count = r.tasks_count,
            actions_count = r.actions_count, triggers_count = r.triggers_count,
            connections_count = r.connections_count
        FROM (SELECT DISTINCT ON (workspace) * FROM releases WHERE manifest <> %s ORDER BY workspace, number) r
        WHERE f.workspace = r.workspace AND f.manifest = %s
        """,
        (_UNKNOWN, _UNKNOWN),
    )
