"""Triggers of current releases."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.store.statement import Connection, columns, execute, fetch, fetch_named, records, storable


@attrs.frozen(kw_only=True)
class TriggerRow:
    """Row of a trigger."""

    workspace: str
    name: str
    type: str
    form: str
    digest: str
    options: str
    since: datetime.datetime
    enabled: bool
    paused: bool
    hook_name: str | None
    hook_since: datetime.datetime | None
    due_at: datetime.datetime | None
    scheduled_at: datetime.datetime | None
    previous_at: datetime.datetime | None
    memory: Json
    problem: str | None
    failures: int


@attrs.frozen(kw_only=True)
class NewTrigger:
    """A trigger as its release has it. One that `is_polled` is due from the start.

    `options` is the digest of its options, with the files that they name; `digest` that of the whole trigger.
    """

    name: str
    type: str
    form: str
    digest: str
    options: str
    enabled: bool
    hook_name: str | None
    is_polled: bool


_COLUMNS = columns(TriggerRow)
_WITHOUT_MEMORY = _COLUMNS.replace("memory", "NULL::json AS memory")
_OUTDATED = """
    SELECT name, current_release FROM workspaces
    WHERE current_release IS DISTINCT FROM triggers_of AND current_release IS NOT NULL AND name = ANY(%s)
    ORDER BY name LIMIT %s
    """
_PUT = """
    INSERT INTO triggers AS t
        (workspace, name, type, form, digest, options, enabled, paused, hook_name, hook_since, due_at)
    SELECT %(workspace)s, n.name, n.type, n.form, n.digest, n.options, n.enabled, p.paused, n.hook_name,
           CASE WHEN n.hook_name IS NOT NULL THEN clock_timestamp() END,
           CASE WHEN n.is_polled AND n.enabled AND NOT p.paused THEN clock_timestamp() END
    FROM (SELECT * FROM json_to_recordset(%(rows)s::json) AS r (
        name text, type text, form text, digest text, options text, enabled boolean, hook_name text, is_polled boolean
    ) LIMIT %(count)s) n,
    LATERAL (SELECT EXISTS (SELECT FROM overrides o
        WHERE o.workspace = %(workspace)s AND o.kind = 'trigger_paused' AND o.name = n.name) AS paused) p
    ON CONFLICT (workspace, name) DO UPDATE
    SET type = excluded.type, form = excluded.form, digest = excluded.digest, options = excluded.options,
        since = CASE WHEN t.options = excluded.options THEN t.since ELSE clock_timestamp() END,
        enabled = excluded.enabled, paused = excluded.paused, hook_name = excluded.hook_name,
        hook_since = CASE WHEN t.hook_name = excluded.hook_name THEN t.hook_since ELSE excluded.hook_since END,
        due_at = CASE WHEN t.options = excluded.options AND excluded.due_at IS NOT NULL AND t.due_at IS NOT NULL
                      THEN t.due_at ELSE excluded.due_at END,
        scheduled_at = CASE WHEN t.options = excluded.options AND excluded.due_at IS NOT NULL THEN t.scheduled_at END,
        previous_at = CASE WHEN t.options = excluded.options THEN t.previous_at END,
        memory = CASE WHEN t.type = excluded.type THEN t.memory END, problem = NULL, failures = 0
    """


_GIVE_UP = """
    INSERT INTO trigger_fires (workspace, trigger, key, verdict, reason)
    SELECT workspace, trigger, 'removed:' || key || ':' || first_at, 'failed',
           'the trigger was removed while ' || fires || ' fires of a debounce waited'
    FROM debounces WHERE workspace = %s AND trigger = ANY(%s) ON CONFLICT DO NOTHING
    """


async def outdated_workspaces(connection: Connection, names: Collection[str], limit: int) -> list[tuple[str, int]]:
    """Workspaces whose triggers are not those of their current release, and that release."""
    return [(row[0], row[1]) for row in await fetch(connection, _OUTDATED, (list(names), limit))]


async def lock_workspace(connection: Connection, workspace: str) -> int | None:
    """The current release of a workspace, which stays so until the transaction ends."""
    rows = await fetch(connection, "SELECT current_release FROM workspaces WHERE name = %s FOR UPDATE", (workspace,))
    return rows[0][0] if rows else None


async def digests_of(connection: Connection, workspace: str) -> dict[str, str]:
    """The digests of the triggers of a workspace, by name."""
    return dict(await fetch(connection, "SELECT name, digest FROM triggers WHERE workspace = %s", (workspace,)))


async def replace(
    connection: Connection, workspace: str, release: int, changed: Sequence[NewTrigger], removed: Collection[str]
) -> None:
    """Makes the triggers of a workspace those of a release; those that neither changed nor were removed stay."""
    if removed:
        dropped = (workspace, list(removed))
        await execute(connection, _GIVE_UP, dropped)
        for table, column in (("triggers", "name"), ("debounces", "trigger"), ("debounced_fires", "trigger")):
            await execute(connection, f"DELETE FROM {table} WHERE workspace = %s AND {column} = ANY(%s)", dropped)  # noqa: S608
    if changed:
        rows, count = records([attrs.asdict(one) for one in changed])
        await execute(connection, _PUT, {"workspace": workspace, "rows": rows, "count": count})
    await execute(connection, "UPDATE workspaces SET triggers_of = %s WHERE name = %s", (release, workspace))


async def set_paused(connection: Connection, workspace: str, names: Collection[str], *, paused: bool) -> None:
    """Pauses or resumes triggers. A resumed one goes on from now: what it missed does not fire."""
    await execute(
        connection,
        """
        UPDATE triggers SET paused = %(paused)s, scheduled_at = NULL, problem = NULL, failures = 0,
            due_at = CASE WHEN enabled AND NOT %(paused)s AND form <> ALL('{http,job}') THEN clock_timestamp() END
        WHERE workspace = %(workspace)s AND name = ANY(%(names)s) AND paused <> %(paused)s
        """,
        {"workspace": workspace, "names": list(names), "paused": paused},
    )


async def claim_due(
    connection: Connection,
    form: str,
    releases: Mapping[str, int],
    limit: int,
    *,
    among: Collection[tuple[str, str]] | None = None,
    excluded: Collection[tuple[str, str]] = (),
) -> list[TriggerRow]:
    """Locks triggers of a form that are due, of workspaces whose current release is that of `releases` and of the rows.

    Of all, or `among` some, without `excluded`, as pairs of workspace and name. Those locked by others are left out.
    """
    pairs = sorted(excluded if among is None else among)
    values = {
        "form": form, "workspaces": list(releases), "releases": list(releases.values()), "limit": limit,
        "some": among is not None,
        "pair_workspaces": [one[0] for one in pairs], "pair_names": [one[1] for one in pairs],
    }  # fmt: skip
    rows = await fetch_named(
        connection,
        f"""
        SELECT {_COLUMNS} FROM triggers t
        WHERE form = %(form)s AND due_at <= clock_timestamp() AND workspace = ANY(%(workspaces)s)
          AND EXISTS (SELECT FROM workspaces w, unnest(%(workspaces)s::text[], %(releases)s::bigint[]) AS k (name, id)
                      WHERE w.name = t.workspace AND k.name = w.name AND w.current_release = k.id
                        AND w.triggers_of = k.id)
          AND %(some)s = EXISTS (SELECT FROM unnest(%(pair_workspaces)s::text[], %(pair_names)s::text[]) AS p (w, n)
                                 WHERE p.w = t.workspace AND p.n = t.name)
        ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        """,  # noqa: S608 - names of columns
        values,
    )
    return [TriggerRow(**row) for row in rows]


async def secs_to_due(connection: Connection, form: str, workspaces: Collection[str], most: float) -> float:
    """Seconds until a trigger of a form is due, at most `most`."""
    rows = await fetch(
        connection,
        """
        SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM triggers
        WHERE form = %s AND due_at IS NOT NULL AND workspace = ANY(%s) ORDER BY due_at LIMIT 1
        """,
        (form, list(workspaces)),
    )
    return min(most, max(0.0, rows[0][0])) if rows else most


@attrs.frozen(kw_only=True)
class Schedule:
    """The next due time of a trigger, and what its row keeps beside it."""

    workspace: str
    name: str
    due_at: datetime.datetime | None
    scheduled_at: datetime.datetime | None
    previous_at: datetime.datetime | None


async def reschedule(connection: Connection, schedules: Sequence[Schedule]) -> None:
    """Writes the next due times of triggers that this transaction has locked."""
    if not schedules:
        return
    rows, count = records([_plain(one) for one in schedules])
    await execute(
        connection,
        """
        UPDATE triggers t SET due_at = s.due_at, scheduled_at = s.scheduled_at, previous_at = s.previous_at,
            failures = 0
        FROM (SELECT * FROM json_to_recordset(%s::json) AS r (workspace text, name text, due_at timestamptz,
              scheduled_at timestamptz, previous_at timestamptz) LIMIT %s) s
        WHERE t.workspace = s.workspace AND t.name = s.name
        """,
        (rows, count),
    )


def _plain(schedule: Schedule) -> Mapping[str, Any]:
    return attrs.asdict(schedule)


async def find(connection: Connection, workspace: str, name: str) -> TriggerRow | None:
    """A trigger by its name."""
    query = f"SELECT {_COLUMNS} FROM triggers WHERE workspace = %s AND name = %s"  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, (workspace, name))
    return TriggerRow(**rows[0]) if rows else None


async def of_workspace(connection: Connection, workspace: str) -> dict[str, TriggerRow]:
    """The triggers of a workspace, by name, without their memories, which may be large."""
    query = f"SELECT {_WITHOUT_MEMORY} FROM triggers WHERE workspace = %s"  # noqa: S608 - names of columns
    return {row["name"]: TriggerRow(**row) for row in await fetch_named(connection, query, (workspace,))}


async def of_pairs(connection: Connection, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], TriggerRow]:
    """Reads triggers by workspace and name, without their memories. Unknown ones are left out."""
    query = f"""
        SELECT t.* FROM unnest(%s::text[], %s::text[]) AS n (workspace, name),
        LATERAL (SELECT {_WITHOUT_MEMORY} FROM triggers WHERE workspace = n.workspace AND name = n.name) t
        """  # noqa: S608 - names of columns
    rows = await fetch_named(connection, query, ([one for one, _ in pairs], [name for _, name in pairs]))
    return {(row["workspace"], row["name"]): TriggerRow(**row) for row in rows}


async def by_hook(connection: Connection, hook_name: str, workspaces: Collection[str]) -> list[TriggerRow]:
    """The enabled triggers that answer to a name in paths, the one that has had it longest first."""
    query = f"""
        SELECT {_COLUMNS} FROM triggers WHERE hook_name = %s AND workspace = ANY(%s) AND enabled
        ORDER BY hook_since, workspace, name
        """  # noqa: S608 - names of columns
    return [TriggerRow(**row) for row in await fetch_named(connection, query, (hook_name, list(workspaces)))]


@attrs.frozen(kw_only=True)
class Liveness:
    """Whether a trigger may fire: the current release of its workspace, if its rows are those of that; its problem."""

    release: int | None
    enabled: bool
    paused: bool
    problem: str | None


async def lock_live(connection: Connection, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], Liveness]:
    """The liveness of triggers, by workspace and name, which stays so until the transaction ends."""
    pairs = sorted(names)
    rows = await fetch(
        connection,
        """
        SELECT t.workspace, t.name, t.enabled, t.paused, t.problem,
               (SELECT w.current_release FROM workspaces w WHERE w.name = t.workspace
                AND w.triggers_of = w.current_release)
        FROM unnest(%s::text[], %s::text[]) AS p (workspace, name)
        JOIN triggers t ON t.workspace = p.workspace AND t.name = p.name
        ORDER BY t.workspace, t.name FOR SHARE OF t
        """,
        ([one[0] for one in pairs], [one[1] for one in pairs]),
    )
    return {(row[0], row[1]): Liveness(enabled=row[2], paused=row[3], problem=row[4], release=row[5]) for row in rows}


async def set_problems(connection: Connection, problems: Mapping[tuple[str, str], str | None]) -> None:
    """Notes why triggers do not fire as they should; None if they do again."""
    for (workspace, name), problem in sorted(problems.items()):
        query = "UPDATE triggers SET problem = %s WHERE workspace = %s AND name = %s"
        await execute(connection, query, (storable(problem), workspace, name))


async def put_off(connection: Connection, name: tuple[str, str], problem: str) -> None:
    """Notes why a trigger cannot go on, and tries it again later: after seconds at first, then up to an hour."""
    await execute(
        connection,
        """
        UPDATE triggers SET problem = %s, failures = failures + 1,
            due_at = clock_timestamp() + make_interval(secs => least(5 * power(2, least(failures, 20)), 3600))
        WHERE workspace = %s AND name = %s
        """,
        (problem, *name),
    )
