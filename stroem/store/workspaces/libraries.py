"""Libraries: what their sources hold, and when each is due for a look."""

import datetime
from collections.abc import Collection, Mapping
from typing import Any

import attrs
from psycopg.types.json import Jsonb

from stroem.conversion import canonical
from stroem.records.problem import Problem
from stroem.records.release import Commit
from stroem.store import blob_garbage
from stroem.store.statement import Connection, execute, fetch, fetch_named


@attrs.frozen(kw_only=True)
class LibraryRow:
    """A library as the database has it: `revision` and `manifest` are those of its last good state.

    `observed_revision` is the one last seen; `error` says why it is not the good one, with `problems` if it has
    mistakes, or why nothing could be seen. `changed_at` is since when it has been so.
    """

    key: str
    origin: str
    ref: str | None = None
    floats: bool = True
    revision: str | None = None
    manifest: str | None = None
    commit: Commit | None = None
    observed_revision: str | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    failures: int = 0
    checked_at: datetime.datetime | None = None
    due_at: datetime.datetime | None = None
    changed_at: datetime.datetime | None = None


_ADD = """
    INSERT INTO libraries (key, origin, ref) VALUES (%(key)s, %(origin)s, %(ref)s)
    ON CONFLICT (key) DO NOTHING
    """
_COLUMNS = """key, origin, ref, floats, revision, manifest, commit, observed_revision, error, problems, warnings,
    failures, checked_at, due_at, changed_at"""
_LIST = f"SELECT {_COLUMNS} FROM libraries WHERE key = ANY(%(keys)s)"  # noqa: S608
_CLAIM = f"""
    WITH due AS (
        SELECT key FROM libraries WHERE due_at <= now() AND key = ANY(%(keys)s)
        ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    UPDATE libraries l SET due_at = now() + make_interval(secs => %(secs)s)
    FROM due WHERE l.key = due.key
    RETURNING {_COLUMNS.replace("key,", "l.key,", 1)}
    """  # noqa: S608
_REPORT = """
    UPDATE libraries
    SET origin = %(origin)s, ref = %(ref)s, floats = %(floats)s,
        revision = %(revision)s, manifest = %(manifest)s, commit = %(commit)s,
        observed_revision = %(observed_revision)s, error = %(error)s, problems = %(problems)s,
        warnings = %(warnings)s, failures = %(failures)s, checked_at = now(),
        due_at = CASE WHEN due_at IS NOT DISTINCT FROM %(due_at)s THEN now() + make_interval(secs => %(next_secs)s)
                      ELSE due_at END,
        changed_at = CASE WHEN (revision, error) IS DISTINCT FROM (%(revision)s, %(error)s)
                          THEN clock_timestamp() ELSE changed_at END
    WHERE key = %(key)s
    """
_ASK = "UPDATE libraries SET due_at = now() WHERE key = ANY(%(keys)s)"
# Whoever uses a library looks at it when it is due. The row of the set of workspaces is no library's.
_FORGET = """
    DELETE FROM libraries WHERE key IN (
        SELECT key FROM libraries WHERE due_at < now() - interval '30 days' AND key <> %(set_of_workspaces)s
        ORDER BY due_at, key LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED
    )
    RETURNING manifest
    """
SET_OF_WORKSPACES = "workspaces_from"
"""The key of the set of workspaces, which is followed as a library is."""
_NEXT = "SELECT extract(epoch FROM min(due_at) - now())::float FROM libraries WHERE key = ANY(%(keys)s)"


async def add_library(connection: Connection, key: str, origin: str, ref: str | None) -> None:
    """Makes a row for a library that has none, due now."""
    await execute(connection, _ADD, {"key": key, "origin": origin, "ref": ref})


async def list_libraries(connection: Connection, keys: Collection[str]) -> dict[str, LibraryRow]:
    """The rows of libraries by key."""
    rows = await fetch_named(connection, _LIST, {"keys": list(keys)}) if keys else []
    return {row["key"]: _row(row) for row in rows}


async def claim_due_libraries(
    connection: Connection, keys: Collection[str], secs: float, most: int
) -> list[LibraryRow]:
    """Takes libraries that are due for a look; nobody else does for so many seconds."""
    return [
        _row(row) for row in await fetch_named(connection, _CLAIM, {"keys": list(keys), "secs": secs, "most": most})
    ]


async def report_library(connection: Connection, row: LibraryRow, next_secs: float) -> None:
    """Writes how a library stands; it is looked at again in so many seconds, unless its `due_at` has moved since."""
    values = attrs.asdict(row, recurse=False)
    values["commit"] = Jsonb(canonical.to_json(row.commit)) if row.commit else None
    values["problems"] = Jsonb([canonical.to_json(problem) for problem in row.problems])
    values["warnings"] = Jsonb(list(row.warnings))
    await execute(connection, _REPORT, {**values, "next_secs": next_secs})


async def ask_for_libraries(connection: Connection, keys: Collection[str]) -> None:
    """Makes libraries due now."""
    await execute(connection, _ASK, {"keys": list(keys)})


async def forget_libraries(connection: Connection, limit: int, skip: int = 0) -> int:
    """Forgets up to `limit` libraries, behind the first `skip`, that nobody has used for a month; what they had in the
    blob store is looked through later.
    """
    rows = await fetch(connection, _FORGET, {"set_of_workspaces": SET_OF_WORKSPACES, "limit": limit, "skip": skip})
    await blob_garbage.drop_manifests(connection, {row[0]: None for row in rows if row[0] is not None}.items())
    return len(rows)


async def secs_until_library_due(connection: Connection, keys: Collection[str]) -> float | None:
    """Seconds until the first of the libraries is due; None when there is none."""
    secs: float | None = (await fetch(connection, _NEXT, {"keys": list(keys)}))[0][0]
    return secs


def _row(row: Mapping[str, Any]) -> LibraryRow:
    values = dict(row)
    values["commit"] = canonical.from_json(row["commit"], Commit) if row["commit"] else None
    values["problems"] = tuple(canonical.from_json(problem, Problem) for problem in row["problems"])
    values["warnings"] = tuple(row["warnings"])
    return LibraryRow(**values)
