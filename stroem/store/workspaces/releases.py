"""Releases of workspaces: the statements, and what their rows mean."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import attrs
from psycopg.types.json import Jsonb

from stroem.conversion import canonical
from stroem.records.release import Cause, Change, Commit, Held, LibraryVersion, Release
from stroem.store.statement import Connection, fetch, fetch_named


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
    cause: Cause = "poll"
    made_by: str | None = None
    commit: Commit | None = None
    libraries: tuple[LibraryVersion, ...] = ()
    held: tuple[Held, ...] = ()
    rollback_of: int | None = None
    ref: str | None = None


_RELEASE = "SELECT * FROM releases WHERE id = %(id)s"
_BY_NUMBER = "SELECT * FROM releases WHERE workspace = %(workspace)s AND number = %(number)s"
_LIST = """
    SELECT * FROM releases WHERE workspace = %(workspace)s AND (%(before)s::int IS NULL OR number < %(before)s)
    ORDER BY number DESC LIMIT %(limit)s
    """
_MAKE_CURRENT = """
    WITH held AS (
        SELECT name FROM workspaces
        WHERE name = %(workspace)s AND current_release IS NOT DISTINCT FROM %(base)s
        FOR UPDATE
    ), made AS (
        INSERT INTO releases (workspace, number, revision, manifest, changes,
                              tasks_count, actions_count, triggers_count, connections_count,
                              cause, made_by, commit, libraries, held, rollback_of, ref)
        SELECT name, (SELECT coalesce(max(number), 0) + 1 FROM releases WHERE workspace = %(workspace)s),
               %(revision)s, %(manifest)s, %(changes)s,
               %(tasks_count)s, %(actions_count)s, %(triggers_count)s, %(connections_count)s,
               %(cause)s, %(made_by)s, %(commit)s, %(libraries)s, %(held)s, %(rollback_of)s, %(ref)s
        FROM held
        RETURNING id, workspace, number, created_at
    ), pointed AS (
        UPDATE workspaces SET current_release = made.id, approved = NULL, changed_at = clock_timestamp() FROM made
        WHERE name = made.workspace
    )
    SELECT id, number, created_at FROM made
    """


async def get_release(connection: Connection, release_id: int) -> Release:
    """A release by its id, which must exist."""
    (row,) = await fetch_named(connection, _RELEASE, {"id": release_id})
    return _release(row)


async def find_release(connection: Connection, release_id: int) -> Release | None:
    """A release by its id; None when it is not kept any more."""
    rows = await fetch_named(connection, _RELEASE, {"id": release_id})
    return _release(rows[0]) if rows else None


async def find_by_number(connection: Connection, workspace: str, number: int) -> Release | None:
    """A release by its number."""
    rows = await fetch_named(connection, _BY_NUMBER, {"workspace": workspace, "number": number})
    return _release(rows[0]) if rows else None


async def commit_of(connection: Connection, release_id: int) -> Commit | None:
    """The commit of a release; None when it has none or is not kept any more."""
    rows = await fetch(connection, "SELECT commit FROM releases WHERE id = %s", (release_id,))
    return canonical.from_json(rows[0][0], Commit) if rows and rows[0][0] else None


async def authors_of(connection: Connection, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The authors of the commits that jobs run, of those jobs whose releases have commits."""
    rows = await fetch(
        connection,
        """
        SELECT j.id, r.commit ->> 'author' FROM jobs j JOIN releases r ON r.id = j.release_id
        WHERE j.id = ANY(%s) AND r.commit ->> 'author' <> ''
        """,
        (list(job_ids),),
    )
    return dict(rows)


async def list_releases(
    connection: Connection, workspace: str, *, before: int | None = None, limit: int = 50
) -> list[Release]:
    """The releases of a workspace, newest first, from those with a smaller number than `before` on."""
    rows = await fetch_named(connection, _LIST, {"workspace": workspace, "before": before, "limit": limit})
    return [_release(row) for row in rows]


async def make_current(connection: Connection, draft: Draft, base: int | None) -> Release | None:
    """Makes the next release and points its workspace at it, unless another than `base` became current. What somebody
    has approved is used up.
    """
    values = attrs.asdict(draft, recurse=False)
    values["commit"] = Jsonb(canonical.to_json(draft.commit)) if draft.commit else None
    for name in ("changes", "libraries", "held"):
        values[name] = Jsonb([canonical.to_json(item) for item in values[name]])
    made = await fetch_named(connection, _MAKE_CURRENT, {**values, "base": base})
    return Release(**attrs.asdict(draft, recurse=False), **made[0]) if made else None


def _release(row: Mapping[Any, Any]) -> Release:
    names = {field.name for field in attrs.fields(Release)}
    values = {key: value for key, value in row.items() if key in names}
    for name, kind in (("changes", Change), ("libraries", LibraryVersion), ("held", Held)):
        values[name] = tuple(canonical.from_json(item, kind) for item in row[name])
    values["commit"] = canonical.from_json(row["commit"], Commit) if row["commit"] else None
    return Release(**values)
