"""Ends of jobs that triggers have yet to hear, and which tasks they hear."""

import datetime
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.store.statement import Connection, execute, fetch, fetch_named, records


@attrs.frozen(kw_only=True)
class Listen:
    """A task of a workspace that a trigger hears, with `children` also the jobs that steps of other jobs start."""

    trigger: str
    heard_workspace: str
    heard_task: str
    children: bool


@attrs.frozen(kw_only=True)
class OutcomeRow:
    """The end of a job that a trigger has yet to hear. `depth` counts the triggers of this form that led to the job.

    `memory` is that of the trigger, which is locked; it hears nothing unless it is `live`.
    """

    id: int
    workspace: str
    trigger: str
    job_id: uuid.UUID
    depth: int
    live: bool
    memory: Json


@attrs.frozen(kw_only=True)
class EndedRow:
    """An ended job. Unless it is `redacted`, its output and error may contain secrets."""

    id: uuid.UUID
    workspace: str
    task: str
    status: str
    output: Json
    output_bytes: int
    redacted: bool
    error: str | None
    source_type: str
    source_id: str | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime


_LOCK_TRIGGERS = """
    SELECT t.workspace, t.name, t.memory, t.enabled AND NOT t.paused AS live FROM triggers t
    WHERE t.form = 'job' AND (t.workspace, t.name) IN (
        SELECT o.workspace, o.trigger FROM job_outcomes o
        WHERE o.workspace = ANY(%(workspaces)s) AND (%(all)s OR o.id = ANY(%(among)s)))
      AND NOT EXISTS (SELECT FROM unnest(%(without_workspaces)s::text[], %(without_names)s::text[]) AS p (w, n)
                      WHERE p.w = t.workspace AND p.n = t.name)
      AND EXISTS (SELECT FROM workspaces w, unnest(%(workspaces)s::text[], %(releases)s::bigint[]) AS k (name, id)
                  WHERE w.name = t.workspace AND k.name = w.name AND w.current_release = k.id AND w.triggers_of = k.id)
    ORDER BY t.workspace, t.name LIMIT %(limit)s FOR UPDATE OF t SKIP LOCKED
    """
_OUTCOMES = """
    SELECT o.id, o.workspace, o.trigger, o.job_id, o.depth
    FROM unnest(%(workspaces)s::text[], %(names)s::text[]) AS p (workspace, name),
    LATERAL (SELECT * FROM job_outcomes o WHERE o.workspace = p.workspace AND o.trigger = p.name
             AND (%(all)s OR o.id = ANY(%(among)s)) ORDER BY o.id LIMIT %(limit)s) o
    """


async def claim(
    connection: Connection,
    releases: Mapping[str, int],
    limit: int,
    among: Collection[int] | None,
    excluded: Collection[tuple[str, str]] = (),
) -> list[OutcomeRow]:
    """The oldest outcomes, of all or `among` some, each trigger's in their order; locks their triggers.

    At most `limit`, without those of `excluded` triggers. Those of triggers that others have locked are left out.
    """
    some = {"all": among is None, "among": list(among or ()), "limit": limit}
    given = {
        "workspaces": list(releases), "releases": list(releases.values()),
        "without_workspaces": [one[0] for one in excluded], "without_names": [one[1] for one in excluded],
    }  # fmt: skip
    locked = await fetch(connection, _LOCK_TRIGGERS, {**some, **given})
    if not locked:
        return []
    triggers = {(row[0], row[1]): {"memory": row[2], "live": row[3]} for row in locked}
    names = {"workspaces": [key[0] for key in triggers], "names": [key[1] for key in triggers]}
    rows = await fetch_named(connection, _OUTCOMES, {**some, **names})
    rows.sort(key=lambda row: (row["workspace"], row["trigger"], row["id"]))
    return [OutcomeRow(**row, **triggers[row["workspace"], row["trigger"]]) for row in rows[:limit]]


async def ended_jobs(connection: Connection, ids: Collection[uuid.UUID], most_bytes: int) -> dict[uuid.UUID, EndedRow]:
    """Ended jobs by id. Outputs of more than `most_bytes` are left out."""
    rows = await fetch_named(
        connection,
        """
        SELECT j.id, workspace, task, status, CASE WHEN size <= %s THEN output END AS output, size AS output_bytes,
               redacted, error, source_type, source_id, created_at, started_at, completed_at
        FROM jobs j, LATERAL (SELECT coalesce(octet_length(j.output::text), 0) AS size OFFSET 0) s
        WHERE j.id = ANY(%s) AND completed_at IS NOT NULL
        """,
        (most_bytes, list(ids)),
    )
    return {row["id"]: EndedRow(**row) for row in rows}


async def remember(connection: Connection, memories: Mapping[tuple[str, str], Json]) -> None:
    """Stores the memories of locked triggers, by workspace and name."""
    await execute(
        connection,
        """
        UPDATE triggers t SET memory = n.memory
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (workspace text, name text, memory json) LIMIT %s) n
        WHERE t.workspace = n.workspace AND t.name = n.name
        """,
        records([{"workspace": key[0], "name": key[1], "memory": memory} for key, memory in memories.items()]),
    )


async def drop(connection: Connection, ids: Collection[int]) -> None:
    """Deletes outcomes that were heard."""
    await execute(connection, "DELETE FROM job_outcomes WHERE id = ANY(%s)", (list(ids),))


async def drop_unheard(connection: Connection, hours: float) -> None:
    """Deletes outcomes whose triggers are gone, or that no server could let them hear for these hours."""
    await execute(
        connection,
        """
        DELETE FROM job_outcomes o WHERE o.at < now() - make_interval(secs => %s) OR NOT EXISTS (
            SELECT FROM triggers t WHERE t.workspace = o.workspace AND t.name = o.trigger AND t.form = 'job')
        """,
        (hours * 3600,),
    )


async def replace_listens(connection: Connection, workspace: str, listens: Sequence[Listen]) -> None:
    """Makes these the tasks that the triggers of a workspace hear."""
    rows: list[dict[str, Any]] = [attrs.asdict(one) for one in listens]
    await execute(
        connection,
        """
        WITH wanted AS MATERIALIZED (
            SELECT * FROM json_to_recordset(%(rows)s::json) AS r (
                trigger text, heard_workspace text, heard_task text, children boolean) LIMIT %(count)s
        ), dropped AS (
            DELETE FROM trigger_listens l WHERE workspace = %(workspace)s AND NOT EXISTS (
                SELECT FROM wanted w WHERE w.trigger = l.trigger AND w.heard_workspace = l.heard_workspace
                AND w.heard_task = l.heard_task)
        )
        INSERT INTO trigger_listens (heard_workspace, heard_task, workspace, trigger, children)
        SELECT heard_workspace, heard_task, %(workspace)s, trigger, children FROM wanted
        ON CONFLICT (heard_workspace, heard_task, workspace, trigger) DO UPDATE SET children = excluded.children
        """,
        dict(zip(("rows", "count"), records(rows), strict=True)) | {"workspace": workspace},
    )


async def heard_tasks(connection: Connection) -> frozenset[tuple[str, str]]:
    """All tasks that triggers hear, with their workspaces."""
    rows = await fetch(connection, "SELECT DISTINCT heard_workspace, heard_task FROM trigger_listens")
    return frozenset((row[0], row[1]) for row in rows)
