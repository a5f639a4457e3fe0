"""Workspaces: when each is due for a look, and how it stands."""

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


@attrs.frozen(kw_only=True)
class Observed:
    """What a source was seen to hold: a revision, and the digest of the list of its files."""

    revision: str
    manifest: str | None = None
    commit: Commit | None = None


@attrs.frozen(kw_only=True)
class WorkspaceReport:
    """What came of a look at a source. `failures` counts those in a row that broke off."""

    observed: Observed | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    waiting: Waiting | None = None
    failures: int = 0


@attrs.frozen(kw_only=True)
class WorkspaceRow:
    """A workspace as the database has it. `looks` counts all looks at its source, `now` is the database's time when the
    row was read.
    """

    name: str
    current_release: int | None
    report: WorkspaceReport
    overrides: tuple[Override, ...]
    approved: Approval | None
    cause: str | None
    asked_by: str | None
    asks: int
    looks: int
    checked_at: datetime.datetime | None
    due_at: datetime.datetime
    changed_at: datetime.datetime
    now: datetime.datetime


LEASE_SECS = 30.0

_PLAIN = ("cause", "asked_by", "asks", "looks", "checked_at", "due_at", "changed_at", "now")
_COLUMNS = """
    w.name, w.current_release, w.observed, w.error, w.problems, w.warnings, w.conditions, w.waiting, w.failures,
    w.approved, w.cause, w.asked_by, w.asks, w.looks, w.checked_at, w.due_at, w.changed_at, now() AS now,
    (SELECT jsonb_agg(to_jsonb(o) ORDER BY o.set_at, o.kind, o.name) FROM overrides o WHERE o.workspace = w.name)
        AS overrides
    """
# Looked up in a hash table, not one by one: those that no settings have any more are due for ever and come first.
_NAMED = "(w.name IN (SELECT unnest(%(names)s::text[]))) IS TRUE"
_ADD = """
    INSERT INTO workspaces (name, cause) SELECT unnest(%(names)s::text[]), 'start'
    ON CONFLICT (name) DO UPDATE
    SET due_at = now(), cause = coalesce(workspaces.cause, 'start'), asks = workspaces.asks + 1
    """
_LIST = f"SELECT {_COLUMNS} FROM workspaces w WHERE w.name = ANY(%(names)s) ORDER BY w.name"  # noqa: S608
_CHANGED = """
    SELECT name, changed_at FROM workspaces
    WHERE changed_at > now() - make_interval(secs => %(secs)s) AND name = ANY(%(names)s)
    """
_CLAIM = f"""
    WITH due AS (
        SELECT w.name FROM workspaces w
        WHERE w.due_at <= now() AND {_NAMED}
        ORDER BY w.due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE workspaces w
        SET due_at = now() + make_interval(secs => least(
                coalesce((%(intervals)s::jsonb ->> w.name)::float, %(interval)s) * (0.9 + 0.2 * random()),
                CASE WHEN w.cause IS NOT NULL THEN %(lease)s END)),
            checked_at = now(), looks = w.looks + 1
        FROM due WHERE w.name = due.name
        RETURNING w.*
    )
    SELECT {_COLUMNS} FROM taken w
    """  # noqa: S608
_TAKE = f"""
    WITH taken AS (
        UPDATE workspaces w SET checked_at = now(), looks = looks + 1, due_at = now() + make_interval(
            secs => least(%(secs)s::float, CASE WHEN w.cause IS NOT NULL THEN %(lease)s END))
        WHERE name = %(name)s RETURNING *
    )
    SELECT {_COLUMNS} FROM taken w
    """  # noqa: S608
_KEEP = """
    UPDATE workspaces SET due_at = greatest(due_at, now() + make_interval(secs => %(lease)s))
    WHERE name = %(name)s AND asks = %(asks)s
    """
_REPORT = """
    UPDATE workspaces
    SET observed = %(observed)s, error = %(error)s, problems = %(problems)s, warnings = %(warnings)s,
        conditions = %(conditions)s, waiting = %(waiting)s, failures = %(failures)s,
        due_at = CASE WHEN asks = %(asks)s THEN now() + make_interval(secs => %(next_secs)s) ELSE due_at END,
        cause = CASE WHEN asks <> %(asks)s THEN cause END,
        asked_by = CASE WHEN asks <> %(asks)s THEN asked_by END,
        changed_at = clock_timestamp()
    WHERE name = %(name)s
    RETURNING due_at, changed_at
    """
_ASK = """
    UPDATE workspaces SET due_at = now(), cause = %(cause)s, asked_by = %(by)s, asks = asks + 1
    WHERE name = ANY(%(names)s) RETURNING name
    """
_NEXT = f"SELECT extract(epoch FROM min(due_at) - now())::float FROM workspaces w WHERE {_NAMED}"  # noqa: S608
_APPROVE = """
    UPDATE workspaces SET approved = %(approved)s, due_at = now(), cause = 'person', asked_by = %(by)s,
                          asks = asks + 1, changed_at = clock_timestamp()
    WHERE name = %(name)s AND waiting ->> 'manifest' = %(manifest)s RETURNING name
    """


async def add_workspaces(connection: Connection, names: Collection[str]) -> None:
    """Makes a row for each workspace that has none, and all of them due now."""
    await execute(connection, _ADD, {"names": list(names)})


async def list_workspaces(connection: Connection, names: Collection[str]) -> list[WorkspaceRow]:
    """The rows of the named workspaces, by name."""
    return [_row(row) for row in await fetch_named(connection, _LIST, {"names": list(names)})]


async def changed_workspaces(
    connection: Connection, names: Collection[str], secs: float
) -> list[tuple[str, datetime.datetime]]:
    """Which of the named workspaces have changed in the last seconds, and when."""
    return await fetch(connection, _CHANGED, {"names": list(names), "secs": secs})


async def claim_due(
    connection: Connection, names: Collection[str], intervals: Mapping[str, float], interval: float, most: int
) -> list[WorkspaceRow]:
    """Takes workspaces that are due for a look, and moves their next look on by their interval in seconds. Those that
    somebody asked for are due again after `LEASE_SECS` unless that look is reported or kept.
    """
    values = {
        "names": list(names),
        "intervals": Jsonb(dict(intervals)),
        "interval": interval,
        "lease": LEASE_SECS,
        "most": most,
    }
    return [_row(row) for row in await fetch_named(connection, _CLAIM, values)]


async def take_workspace(connection: Connection, name: str, secs: float) -> WorkspaceRow | None:
    """Takes one workspace whether it is due or not; its next look is in so many seconds, as for `claim_due`."""
    rows = await fetch_named(connection, _TAKE, {"name": name, "secs": secs, "lease": LEASE_SECS})
    return _row(rows[0]) if rows else None


async def keep_workspace(connection: Connection, name: str, asks: int) -> None:
    """Keeps a workspace taken for `LEASE_SECS` from now while a look is under way, unless another was asked for."""
    await execute(connection, _KEEP, {"name": name, "asks": asks, "lease": LEASE_SECS})


async def report_workspace(
    connection: Connection, name: str, report: WorkspaceReport, *, asks: int, next_secs: float
) -> tuple[datetime.datetime, datetime.datetime] | None:
    """Writes what came of a look. The next one is in so many seconds, unless more than `asks` requests for one have
    come meanwhile. Gives the time of the next look and that of this change; None without such a workspace.
    """
    values = {
        "name": name,
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


async def ask_for_poll(connection: Connection, names: Collection[str], cause: str, by: str | None) -> list[str]:
    """Makes workspaces due now; gives the names of those there are."""
    return [row[0] for row in await fetch(connection, _ASK, {"names": list(names), "cause": cause, "by": by})]


async def secs_until_due(connection: Connection, names: Collection[str]) -> float | None:
    """Seconds until the first of the workspaces is due, negative when it is already; None when there is none."""
    secs: float | None = (await fetch(connection, _NEXT, {"names": list(names)}))[0][0]
    return secs


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
        **{name: row[name] for name in _PLAIN},
    )


def _override(row: Mapping[str, Any]) -> Override:
    return Override(
        by=row["set_by"],
        at=datetime.datetime.fromisoformat(row["set_at"]),
        **{name: row[name] for name in ("kind", "name", "ref", "release", "reason")},
    )
