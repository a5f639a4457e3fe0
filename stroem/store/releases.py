"""Workspaces and their releases: the statements, and what their rows mean."""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

import attrs
from psycopg.types.json import Jsonb

from stroem.definitions.problem import Problem
from stroem.definitions.release import Change, Release
from stroem.dialects import canonical
from stroem.store.statement import Connection, execute, fetch_named


@attrs.frozen(kw_only=True)
class WorkspaceRow:
    """What is known of a workspace: its current release, and what came of the last look at its source.

    `looked_at` is the database's time when the row was read.
    """

    name: str
    current_release: int | None = None
    observed_revision: str | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    checked_at: datetime.datetime | None = None
    looked_at: datetime.datetime | None = None


@attrs.frozen(kw_only=True)
class Draft:
    """A release that is not made yet."""

    workspace: str
    revision: str
    manifest: str
    tasks_count: int
    actions_count: int
    triggers_count: int
    connections_count: int
    changes: tuple[Change, ...]


@attrs.frozen(kw_only=True)
class KeptRelease:
    """What serving the files of a release takes: the digests of its manifest and, once made, of its tarball."""

    id: int
    revision: str
    manifest: str
    tarball: str | None


_ADD_WORKSPACES = "INSERT INTO workspaces (name) SELECT unnest(cast(%(names)s AS text[])) ON CONFLICT DO NOTHING"
_WORKSPACES = """
    SELECT name, current_release, observed_revision, error, problems, checked_at, now() AS looked_at
    FROM workspaces WHERE name = ANY(%(names)s) ORDER BY name
    """
_REPORT = """
    UPDATE workspaces
    SET observed_revision = %(revision)s, error = %(error)s, problems = %(problems)s, checked_at = %(checked_at)s
    WHERE name = %(name)s
    """
_RELEASE = "SELECT * FROM releases WHERE id = %(id)s"
_MAKE_CURRENT = """
    WITH held AS (
        SELECT name FROM workspaces
        WHERE name = %(workspace)s AND current_release IS NOT DISTINCT FROM %(base)s
        FOR UPDATE
    ), made AS (
        INSERT INTO releases (workspace, number, revision, manifest, changes,
                              tasks_count, actions_count, triggers_count, connections_count)
        SELECT name, (SELECT coalesce(max(number), 0) + 1 FROM releases WHERE workspace = %(workspace)s),
               %(revision)s, %(manifest)s, %(changes)s,
               %(tasks_count)s, %(actions_count)s, %(triggers_count)s, %(connections_count)s
        FROM held
        RETURNING id, workspace, number, created_at
    ), pointed AS (
        UPDATE workspaces SET current_release = made.id FROM made WHERE name = made.workspace
    )
    SELECT id, number, created_at FROM made
    """
_FIND = """
    SELECT id, revision, manifest, tarball FROM releases
    WHERE workspace = %(workspace)s AND revision = %(revision)s ORDER BY number DESC LIMIT 1
    """
_FIND_CURRENT = """
    SELECT releases.id, revision, manifest, tarball
    FROM workspaces JOIN releases ON releases.id = current_release WHERE name = %(workspace)s
    """
_KEEP_TARBALL = "UPDATE releases SET tarball = %(tarball)s WHERE id = %(id)s"


async def add_workspaces(connection: Connection, names: Collection[str]) -> None:
    """Makes a row for each workspace that has none."""
    await execute(connection, _ADD_WORKSPACES, {"names": list(names)})


async def list_workspaces(connection: Connection, names: Collection[str]) -> list[WorkspaceRow]:
    """The rows of the named workspaces, by name."""
    return [_workspace(row) for row in await fetch_named(connection, _WORKSPACES, {"names": list(names)})]


async def report_workspace(connection: Connection, row: WorkspaceRow, checked_at: datetime.datetime | None) -> None:
    """Writes what came of a look at the source at that time; the current release stays."""
    values = {
        "name": row.name,
        "revision": row.observed_revision,
        "error": row.error,
        "problems": Jsonb([canonical.to_json(problem) for problem in row.problems]),
        "checked_at": checked_at,
    }
    await execute(connection, _REPORT, values)


async def get_release(connection: Connection, release_id: int) -> Release:
    """A release by its id, which must exist."""
    (row,) = await fetch_named(connection, _RELEASE, {"id": release_id})
    return _release(row)


async def make_current(connection: Connection, draft: Draft, base: int | None) -> Release | None:
    """Makes the next release and points its workspace at it, unless another than `base` became current."""
    values = attrs.asdict(draft, recurse=False)
    values["changes"] = Jsonb([canonical.to_json(change) for change in draft.changes])
    made = await fetch_named(connection, _MAKE_CURRENT, {**values, "base": base})
    return Release(**attrs.asdict(draft, recurse=False), **made[0]) if made else None


async def find_release(connection: Connection, workspace: str, revision: str | None = None) -> KeptRelease | None:
    """The newest release of a revision, or the current one."""
    if revision is None:
        found = await fetch_named(connection, _FIND_CURRENT, {"workspace": workspace})
    else:
        found = await fetch_named(connection, _FIND, {"workspace": workspace, "revision": revision})
    return KeptRelease(**found[0]) if found else None


async def keep_tarball(connection: Connection, release_id: int, tarball: str) -> None:
    """Notes the digest under which the tarball of a release lies in the blob store."""
    await execute(connection, _KEEP_TARBALL, {"id": release_id, "tarball": tarball})


def _workspace(row: Mapping[Any, Any]) -> WorkspaceRow:
    problems = tuple(canonical.from_json(problem, Problem) for problem in row["problems"])
    return WorkspaceRow(**{**row, "problems": problems})


def _release(row: Mapping[Any, Any]) -> Release:
    names = {field.name for field in attrs.fields(Release)}
    changes = tuple(canonical.from_json(change, Change) for change in row["changes"])
    return Release(**{**{key: value for key, value in row.items() if key in names}, "changes": changes})
