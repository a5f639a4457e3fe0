"""Names of webhooks that several workspaces have."""

from collections.abc import Collection

import attrs

from stroem.store.statement import Connection, fetch

_SHARED = """
    SELECT t.workspace, t.name, t.hook_name, owner.workspace FROM triggers t, LATERAL (
        SELECT o.workspace, o.name FROM triggers o
        WHERE o.hook_name = t.hook_name AND o.enabled AND o.workspace = ANY(%(workspaces)s)
        ORDER BY o.hook_since, o.workspace, o.name LIMIT 1
    ) owner
    WHERE t.workspace = ANY(%(shown)s) AND t.hook_name IS NOT NULL AND t.enabled AND EXISTS (
        SELECT FROM triggers o
        WHERE o.hook_name = t.hook_name AND o.enabled AND o.workspace = ANY(%(workspaces)s)
          AND o.workspace <> t.workspace
    )
    """


@attrs.frozen(kw_only=True)
class SharedName:
    """The name of a webhook that other workspaces have too. The short path is that of the workspace `owner`."""

    workspace: str
    trigger: str
    name: str
    owner: str


async def shared_names(connection: Connection, shown: Collection[str], workspaces: Collection[str]) -> list[SharedName]:
    """The shared names of the enabled webhooks of some workspaces, among those of `workspaces`."""
    rows = await fetch(connection, _SHARED, {"shown": list(shown), "workspaces": list(workspaces)})
    return [SharedName(workspace=row[0], trigger=row[1], name=row[2], owner=row[3]) for row in rows]
