"""Owners of the short paths of webhooks."""

from collections.abc import Collection, Mapping, Sequence

import attrs

from stroem.store.statement import Connection, execute, fetch, records

_CLAIM = """
    INSERT INTO hook_names (name, workspace, trigger)
    SELECT DISTINCT ON (name) name, workspace, trigger
    FROM json_to_recordset(%s::json) AS given (name text, workspace text, trigger text, position int)
    ORDER BY name, position LIMIT %s
    ON CONFLICT (name) DO NOTHING
    """
_FREE = "DELETE FROM hook_names WHERE (name, workspace) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
_OWNERS = "SELECT name, workspace FROM hook_names WHERE name = ANY(%s)"


@attrs.frozen(kw_only=True)
class HookName:
    """The name of a webhook of a workspace."""

    name: str
    workspace: str
    trigger: str


async def claim_names(connection: Connection, names: Sequence[HookName]) -> None:
    """Makes workspaces the owners of names that have none, the first of each name."""
    rows = [{**attrs.asdict(name), "position": number} for number, name in enumerate(names)]
    await execute(connection, _CLAIM, records(rows))


async def free_names(connection: Connection, owned: Collection[tuple[str, str]]) -> None:
    """Takes names from workspaces, given as name and workspace."""
    await execute(connection, _FREE, ([name for name, _ in owned], [workspace for _, workspace in owned]))


async def owners_of(connection: Connection, names: Collection[str]) -> Mapping[str, str]:
    """The workspaces that own these names."""
    return {row[0]: row[1] for row in await fetch(connection, _OWNERS, (list(names),))}
