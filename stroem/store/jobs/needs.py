"""Needs: what ready steps require of a worker. They are few and never change."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from stroem.definitions.amounts import Amounts
from stroem.store.statement import Connection, execute, fetch, records


class Need(NamedTuple):
    """An ability, tags, which are sorted and distinct, and amounts of resources."""

    ability: str
    tags: tuple[str, ...]
    resources: Amounts = ()


def need_of(ability: str, tags: Iterable[str], resources: Mapping[str, int] | None = None) -> Need:
    """The need of a step with this ability, these tags and these amounts of resources."""
    return Need(ability, tuple(sorted(set(tags))), tuple(sorted((resources or {}).items())))


async def list_needs(connection: Connection) -> dict[Need, int]:
    """Ids of all needs."""
    rows = await fetch(connection, "SELECT ability, tags, resources, id FROM needs")
    return {need_of(row[0], row[1], row[2]): row[3] for row in rows}


async def add_needs(connection: Connection, wanted: Collection[Need]) -> dict[Need, int]:
    """Inserts needs, unless they exist; returns the ids of all needs.

    Must be called outside of a transaction: ids are cached, and a rollback would take them back.
    """
    await execute(
        connection,
        """
        INSERT INTO needs (ability, tags, resources)
        SELECT * FROM json_to_recordset(%s::json) AS n (ability text, tags text[], resources jsonb) LIMIT %s
        ON CONFLICT DO NOTHING
        """,
        records([{**one._asdict(), "resources": dict(one.resources)} for one in sorted(wanted)]),
    )
    return await list_needs(connection)
