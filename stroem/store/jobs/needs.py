"""Needs: what ready steps require of a worker. They are few and never change."""

from collections.abc import Collection

from stroem.store.statement import Connection, execute, fetch, records

Need = tuple[str, tuple[str, ...]]
"""An ability, and tags, which are sorted and distinct."""


def need_of(ability: str, tags: Collection[str]) -> Need:
    """The need of a step with this ability and these tags."""
    return ability, tuple(sorted(set(tags)))


async def list_needs(connection: Connection) -> dict[Need, int]:
    """Ids of all needs."""
    rows = await fetch(connection, "SELECT ability, tags, id FROM needs")
    return {(row[0], tuple(row[1])): row[2] for row in rows}


async def add_needs(connection: Connection, wanted: Collection[Need]) -> dict[Need, int]:
    """Inserts needs, unless they exist; returns the ids of all needs.

    Must be called outside of a transaction: ids are cached, and a rollback would take them back.
    """
    await execute(
        connection,
        """
        INSERT INTO needs (ability, tags)
        SELECT * FROM json_to_recordset(%s::json) AS n (ability text, tags text[]) LIMIT %s
        ON CONFLICT DO NOTHING
        """,
        records([{"ability": ability, "tags": tags} for ability, tags in sorted(wanted)]),
    )
    return await list_needs(connection)
