"""Workspaces: their status, current release and approval, with the schedule of their sources."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
from psycopg.types.json import Jsonb

from stroem.conversion import canonical
from stroem.records.condition import Approval, Condition, Override, Waiting
from stroem.records.problem import Problem
from stroem.records.release import Commit
from stroem.store.statement import Connection, execute, fetch, fetch_named
from stroem.store.workspaces import followed
from stroem.store.workspaces.followed import FollowedRow


@attrs.frozen(kw_only=True)
class Observed:
    """The contents of a source at its last poll: a revision, and the digest of the list of its files."""

    revision: str
    manifest: str | None = None
    commit: Commit | None = None


@attrs.frozen(kw_only=True)
class WorkspaceReport:
    """The result of a poll of a source. `failures` counts failed polls in a row."""

    observed: Observed | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    waiting: Waiting | None = None
    failures: int = 0


@attrs.frozen(kw_only=True)
class WorkspaceRow:
    """A workspace as the database has it, with the schedule of its source."""

    name: str
    current_release: int | None
    report: WorkspaceReport
    overrides: tuple[Override, ...]
    approved: Approval | None
    changed_at: datetime.datetime
    schedule: FollowedRow


_ADD = """
    WITH added AS (
        INSERT INTO workspaces (name) SELECT unnest(%(names)s::text[]) ON CONFLICT (name) DO NOTHING
    )
    INSERT INTO followed AS f (kind, key, interval_secs, cause)
    SELECT 'workspace', *, 'start' FROM unnest(%(names)s::text[], %(intervals)s::float8[])
    ON CONFLICT (kind, key) DO UPDATE
    SET interval_secs = excluded.interval_secs, due_at = now(), cause = coalesce(f.cause, 'start'), asks = f.asks + 1
    """
_LIST = f"""
    SELECT w.name, w.current_release, w.observed, w.error, w.problems, w.warnings, w.conditions, w.waiting, w.failures,
        w.approved, w.changed_at, {followed.COLUMNS},
        (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.set_at, o.kind, o.name) FROM overrides o WHERE o.workspace = w.name)
            AS overrides
    FROM workspaces w JOIN followed f ON f.kind = 'workspace' AND f.key = w.name
    WHERE w.name = ANY(%(names)s) ORDER BY w.name
    """  # noqa: S608
_CHANGED = """
    SELECT name, changed_at FROM workspaces
    WHERE changed_at > now() - make_interval(secs => %(secs)s) AND name = ANY(%(names)s)
    """
_REPORT = f"""
    WITH reported AS (
        UPDATE workspaces
        SET observed = %(observed)s, error = %(error)s, problems = %(problems)s, warnings = %(warnings)s,
            conditions = %(conditions)s, waiting = %(waiting)s, failures = %(failures)s,
            changed_at = clock_timestamp()
        WHERE name = %(key)s RETURNING changed_at
    )
    {followed.FINISH}
    """  # noqa: S608
_APPROVE = """
    WITH noted AS (
        UPDATE workspaces SET approved = %(approved)s, changed_at = clock_timestamp()
        WHERE name = %(name)s AND waiting ->> 'manifest' = %(manifest)s RETURNING name
    )
    UPDATE followed f SET due_at = now(), cause = 'approval', asked_by = %(by)s, asks = f.asks + 1
    FROM noted WHERE f.kind = 'workspace' AND f.key = noted.name RETURNING f.key
    """


async def add_workspaces(connection: Connection, intervals: Mapping[str, float]) -> None:
    """Makes a row for each workspace that has none, and all of them due now; poll intervals are in seconds by name."""
    await execute(connection, _ADD, {"names": list(intervals), "intervals": list(intervals.values())})


async def list_workspaces(connection: Connection, names: Collection[str]) -> list[WorkspaceRow]:
    """The rows of the named workspaces, by name."""
    return [_row(row) for row in await fetch_named(connection, _LIST, {"names": list(names)})]


async def changed_workspaces(
    connection: Connection, names: Collection[str], secs: float
) -> list[tuple[str, datetime.datetime]]:
    """Which of the named workspaces have changed in the last seconds, and when."""
    return await fetch(connection, _CHANGED, {"names": list(names), "secs": secs})


async def report_workspace(
    connection: Connection, name: str, report: WorkspaceReport, *, asks: int, next_secs: float
) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Writes the result of a poll. The next poll is in `next_secs`, unless more than `asks` requests came meanwhile.

    Gives the time of the next poll and that of this change; None without such a workspace.
    """
    values = {
        "kind": "workspace",
        "key": name,
        "observed": Jsonb(canonical.to_json(report.observed)) if report.observed else None,
        "error": report.error,
        "problems": _many(report.problems),
        "warnings": Jsonb(list(report.warnings)),
        "conditions": _many(report.conditions),
        "waiting": Jsonb(canonical.to_json(report.waiting)) if report.waiting else None,
        "failures": report.failures,
        "asks": asks,
        "next_secs": next_secs,
    }
    rows = await fetch(connection, _REPORT, values)
    return (rows[0][0], rows[0][1]) if rows else None


async def approve_waiting(connection: Connection, name: str, approval: Approval) -> bool:
    """Notes the consent to what waits; False when something else waits, or nothing."""
    values = {
        "name": name,
        "approved": Jsonb(canonical.to_json(approval)),
        "by": approval.by,
        "manifest": approval.manifest,
    }
    return bool(await fetch(connection, _APPROVE, values))


def _many(values: Sequence[object]) -> Jsonb:
    return Jsonb([canonical.to_json(value) for value in values])


def _row(row: Mapping[str, Any]) -> WorkspaceRow:
    report = WorkspaceReport(
        observed=canonical.from_json(row["observed"], Observed) if row["observed"] else None,
        error=row["error"],
        problems=tuple(canonical.from_json(problem, Problem) for problem in row["problems"]),
        warnings=tuple(row["warnings"]),
        conditions=tuple(canonical.from_json(condition, Condition) for condition in row["conditions"]),
        waiting=canonical.from_json(row["waiting"], Waiting) if row["waiting"] else None,
        failures=row["failures"],
    )
    return WorkspaceRow(
        name=row["name"],
        current_release=row["current_release"],
        report=report,
        overrides=tuple(_override(override) for override in row["overrides"] or ()),
        approved=canonical.from_json(row["approved"], Approval) if row["approved"] else None,
        changed_at=row["changed_at"],
        schedule=followed.joined(row),
    )


def _override(row: Mapping[str, Any]) -> Override:
    return Override(
        by=row["set_by"],
        at=datetime.datetime.fromisoformat(row["set_at"]),
        **{name: row[name] for name in ("kind", "name", "ref", "release", "reason")},
    )
