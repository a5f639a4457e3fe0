"""Workspaces and their releases: the statements, and what their rows mean."""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

import attrs
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from stroem.definitions.problem import Problem
from stroem.definitions.release import Change, Release
from stroem.dialects import canonical


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


_ADD_WORKSPACES = text("INSERT INTO workspaces (name) SELECT unnest(cast(:names AS text[])) ON CONFLICT DO NOTHING")
_WORKSPACES = text(
    """
    SELECT name, current_release, observed_revision, error, problems, checked_at, now() AS looked_at
    FROM workspaces WHERE name = ANY(:names) ORDER BY name
    """
)
_REPORT = text(
    """
    UPDATE workspaces
    SET observed_revision = :revision, error = :error, problems = :problems, checked_at = :checked_at
    WHERE name = :name
    """
)
_RELEASE = text("SELECT * FROM releases WHERE id = :id")
_MAKE_CURRENT = text(
    """
    WITH held AS (
        SELECT name FROM workspaces
        WHERE name = :workspace AND current_release IS NOT DISTINCT FROM :base
        FOR UPDATE
    ), made AS (
        INSERT INTO releases (workspace, number, revision, manifest, changes,
                              tasks_count, actions_count, triggers_count, connections_count)
        SELECT name, (SELECT coalesce(max(number), 0) + 1 FROM releases WHERE workspace = :workspace),
               :revision, :manifest, :changes,
               :tasks_count, :actions_count, :triggers_count, :connections_count
        FROM held
        RETURNING id, workspace, number, created_at
    ), pointed AS (
        UPDATE workspaces SET current_release = made.id FROM made WHERE name = made.workspace
    )
    SELECT id, number, created_at FROM made
    """
)
_FIND = text(
    """
    SELECT id, revision, manifest, tarball FROM releases
    WHERE workspace = :workspace AND revision = :revision ORDER BY number DESC LIMIT 1
    """
)
_FIND_CURRENT = text(
    """
    SELECT releases.id, revision, manifest, tarball
    FROM workspaces JOIN releases ON releases.id = current_release WHERE name = :workspace
    """
)
_KEEP_TARBALL = text("UPDATE releases SET tarball = :tarball WHERE id = :id")


async def add_workspaces(connection: AsyncConnection, names: Collection[str]) -> None:
    """Makes a row for each workspace that has none."""
    await connection.execute(_ADD_WORKSPACES, {"names": list(names)})


async def list_workspaces(connection: AsyncConnection, names: Collection[str]) -> list[WorkspaceRow]:
    """The rows of the named workspaces, by name."""
    rows = await connection.execute(_WORKSPACES, {"names": list(names)})
    return [_workspace(row) for row in rows.mappings()]


async def report_workspace(
    connection: AsyncConnection, row: WorkspaceRow, checked_at: datetime.datetime | None
) -> None:
    """Writes what came of a look at the source at that time; the current release stays."""
    values = {
        "name": row.name,
        "revision": row.observed_revision,
        "error": row.error,
        "problems": Jsonb([canonical.to_json(problem) for problem in row.problems]),
        "checked_at": checked_at,
    }
    await connection.execute(_REPORT, values)


async def get_release(connection: AsyncConnection, release_id: int) -> Release:
    """A release by its id, which must exist."""
    result = await connection.execute(_RELEASE, {"id": release_id})
    return _release(result.mappings().one())


async def make_current(connection: AsyncConnection, draft: Draft, base: int | None) -> Release | None:
    """Makes the next release and points its workspace at it, unless another than `base` became current."""
    values = attrs.asdict(draft, recurse=False)
    values["changes"] = Jsonb([canonical.to_json(change) for change in draft.changes])
    result = await connection.execute(_MAKE_CURRENT, {**values, "base": base})
    row = result.mappings().one_or_none()
    return None if row is None else Release(**attrs.asdict(draft, recurse=False), **row)


async def find_release(connection: AsyncConnection, workspace: str, revision: str | None = None) -> KeptRelease | None:
    """The newest release of a revision, or the current one."""
    if revision is None:
        result = await connection.execute(_FIND_CURRENT, {"workspace": workspace})
    else:
        result = await connection.execute(_FIND, {"workspace": workspace, "revision": revision})
    row = result.mappings().one_or_none()
    return None if row is None else KeptRelease(**row)


async def keep_tarball(connection: AsyncConnection, release_id: int, tarball: str) -> None:
    """Notes the digest under which the tarball of a release lies in the blob store."""
    await connection.execute(_KEEP_TARBALL, {"id": release_id, "tarball": tarball})


def _workspace(row: Mapping[Any, Any]) -> WorkspaceRow:
    problems = tuple(canonical.from_json(problem, Problem) for problem in row["problems"])
    return WorkspaceRow(**{**row, "problems": problems})


def _release(row: Mapping[Any, Any]) -> Release:
    names = {field.name for field in attrs.fields(Release)}
    changes = tuple(canonical.from_json(change, Change) for change in row["changes"])
    return Release(**{**{key: value for key, value in row.items() if key in names}, "changes": changes})
