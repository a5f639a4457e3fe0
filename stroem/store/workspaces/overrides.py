"""Overrides of workspaces set at run time, against the source."""

from collections.abc import Sequence

from stroem.records.condition import Override
from stroem.store.statement import Connection, execute, fetch

_SET = """
    INSERT INTO overrides (workspace, kind, name, ref, release, reason, set_by)
    VALUES (%(workspace)s, %(kind)s, %(name)s, %(ref)s, %(release)s, %(reason)s, %(by)s)
    ON CONFLICT (workspace, kind, name) DO UPDATE
    SET ref = excluded.ref, release = excluded.release, reason = excluded.reason, set_by = excluded.set_by,
        set_at = now()
    """
_DROP = """
    DELETE FROM overrides
    WHERE workspace = %(workspace)s AND kind = ANY(%(kinds)s) AND (%(name)s::text IS NULL OR name = %(name)s)
    RETURNING kind, name
    """
_TOUCH = "UPDATE workspaces SET changed_at = clock_timestamp() WHERE name = %(workspace)s"

_LOCK = "SELECT FROM workspaces WHERE name = %(workspace)s FOR UPDATE"
_FOLLOWING = "SELECT kind, ref, release FROM overrides WHERE workspace = %(workspace)s AND kind <> 'trigger_paused'"


async def is_followed_as(connection: Connection, workspace: str, known: Sequence[Override]) -> bool:
    """Whether what people have set about following the source is what is `known`. It stays so until the transaction
    ends.
    """
    await execute(connection, _LOCK, {"workspace": workspace})
    found = await fetch(connection, _FOLLOWING, {"workspace": workspace})
    return set(found) == {(one.kind, one.ref, one.release) for one in known if one.kind != "trigger_paused"}


async def set_override(connection: Connection, workspace: str, override: Override) -> None:
    """Sets an override, replacing one of its kind and name. The time is the database's."""
    values = {key: getattr(override, key) for key in ("kind", "name", "ref", "release", "reason", "by")}
    await execute(connection, _SET, {"workspace": workspace, **values})
    await execute(connection, _TOUCH, {"workspace": workspace})


async def drop_overrides(
    connection: Connection, workspace: str, kinds: Sequence[str], name: str | None = None
) -> list[tuple[str, str]]:
    """Drops overrides of these kinds, or only the one of that name; gives the kind and name of each."""
    dropped = await fetch(connection, _DROP, {"workspace": workspace, "kinds": list(kinds), "name": name})
    if dropped:
        await execute(connection, _TOUCH, {"workspace": workspace})
    return dropped
