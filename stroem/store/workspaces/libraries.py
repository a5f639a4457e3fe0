"""Libraries and the set of workspaces: their last good state and errors, with the schedule of their sources."""

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
from stroem.store.workspaces import followed
from stroem.store.workspaces.followed import FollowedRow, Kind

SET_OF_WORKSPACES = "workspaces_from"
"""The key of the set of workspaces, whose state is kept like that of a library."""


@attrs.frozen(kw_only=True)
class LibraryRow:
    """A library, or the set of workspaces, as the database has it, with the schedule of its source.

    `revision` and `manifest` are those of its last good state, `observed_revision` is that of the last poll; `error`
    says why it is not the good one, with `problems` if it has mistakes, or why the poll failed. `changed_at` is the
    time since which revision and error are the same.
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
    changed_at: datetime.datetime | None = None
    schedule: FollowedRow


_ADD = """
    WITH added AS (
        INSERT INTO libraries (key, origin, ref) VALUES (%(key)s, %(origin)s, %(ref)s) ON CONFLICT (key) DO NOTHING
    )
    INSERT INTO followed (kind, key, interval_secs) VALUES (%(kind)s, %(key)s, %(interval)s)
    ON CONFLICT (kind, key) DO UPDATE SET interval_secs = excluded.interval_secs
    """
_LIST = f"""
    SELECT l.origin, l.ref, l.floats, l.revision, l.manifest, l.commit, l.observed_revision, l.error, l.problems,
        l.warnings, l.failures, l.changed_at, {followed.COLUMNS}
    FROM libraries l JOIN followed f
        ON f.kind = CASE l.key WHEN '{SET_OF_WORKSPACES}' THEN 'set' ELSE 'library' END AND f.key = l.key
    WHERE l.key = ANY(%(keys)s)
    """  # noqa: S608
_REPORT = f"""
    WITH reported AS (
        UPDATE libraries
        SET origin = %(origin)s, ref = %(ref)s, floats = %(floats)s,
            revision = %(revision)s, manifest = %(manifest)s, commit = %(commit)s,
            observed_revision = %(observed_revision)s, error = %(error)s, problems = %(problems)s,
            warnings = %(warnings)s, failures = %(failures)s,
            changed_at = CASE WHEN (revision, error) IS DISTINCT FROM (%(revision)s, %(error)s)
                              THEN clock_timestamp() ELSE changed_at END
        WHERE key = %(key)s RETURNING changed_at
    )
    {followed.FINISH}
    """  # noqa: S608
# Each server polls the libraries that it uses when they are due. The set of workspaces is never forgotten.
_FORGET = """
    WITH unused AS (
        DELETE FROM followed WHERE kind = 'library' AND key IN (
            SELECT key FROM followed WHERE kind = 'library' AND due_at < now() - interval '30 days'
            ORDER BY due_at, key LIMIT %(limit)s OFFSET %(skip)s FOR UPDATE SKIP LOCKED
        )
        RETURNING key
    )
    DELETE FROM libraries l USING unused WHERE l.key = unused.key RETURNING l.manifest
    """


async def add_library(
    connection: Connection, key: str, origin: str, ref: str | None, *, interval: float, kind: Kind = "library"
) -> None:
    """Sets the poll interval, in seconds, of a library or the set of workspaces; one without a row is due now."""
    values = {"kind": kind, "key": key, "origin": origin, "ref": ref, "interval": interval}
    await execute(connection, _ADD, values)


async def list_libraries(connection: Connection, keys: Collection[str]) -> dict[str, LibraryRow]:
    """The rows of libraries by key."""
    rows = await fetch_named(connection, _LIST, {"keys": list(keys)}) if keys else []
    return {row["key"]: _row(row) for row in rows}


async def report_library(connection: Connection, row: LibraryRow, next_secs: float) -> LibraryRow:
    """Writes the result of a poll; the row as it is then.

    The next poll is in `next_secs`, unless more requests than the row knows came meanwhile.
    """
    values = attrs.asdict(row, recurse=False)
    schedule: FollowedRow = values.pop("schedule")
    values["commit"] = Jsonb(canonical.to_json(row.commit)) if row.commit else None
    values["problems"] = Jsonb([canonical.to_json(problem) for problem in row.problems])
    values["warnings"] = Jsonb(list(row.warnings))
    values |= {"kind": schedule.kind, "asks": schedule.asks, "next_secs": next_secs}
    found = await fetch(connection, _REPORT, values)
    if not found:
        return row
    due_at, changed_at = found[0]
    return attrs.evolve(row, changed_at=changed_at, schedule=attrs.evolve(schedule, due_at=due_at, cause=None))


async def forget_libraries(connection: Connection, limit: int, skip: int = 0) -> int:
    """Forgets up to `limit` libraries, after the first `skip`, that no server has used for a month.

    Their blobs become candidates for removal.
    """
    rows = await fetch(connection, _FORGET, {"limit": limit, "skip": skip})
    await blob_garbage.drop_manifests(connection, {row[0]: None for row in rows if row[0] is not None}.items())
    return len(rows)


def _row(row: Mapping[str, Any]) -> LibraryRow:
    names = {field.name for field in attrs.fields(LibraryRow)} - {"schedule"}
    values = {name: row[name] for name in names}
    values["commit"] = canonical.from_json(row["commit"], Commit) if row["commit"] else None
    values["problems"] = tuple(canonical.from_json(problem, Problem) for problem in row["problems"])
    values["warnings"] = tuple(row["warnings"])
    return LibraryRow(**values, schedule=followed.joined(row))
