"""Needs: what ready steps require of a worker; and what the workers offer. Needs are few and never change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import attrs

from stroem.definitions.amounts import Amounts
from stroem.store.statement import Connection, execute, fetch, fetch_named, records


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


@attrs.frozen(kw_only=True)
class WorkerOffer:
    """Abilities and resources offered by workers.

    `held` are up to five that get no more steps, such as `build-1 (cordoned)`; `takes_steps` is whether others do. They
    get steps of all workspaces, unless there are `workspaces`.
    """

    capabilities: list[str]
    tags: list[str]
    exclusive: bool
    resources: dict[str, int] = attrs.Factory(dict)
    takes_steps: bool = True
    held: Sequence[str] = ()
    workspaces: Sequence[str] = ()


def can_run(offer: WorkerOffer, need: Need) -> bool:
    """Whether such a worker has the ability and the tags for a step, and is not kept for others."""
    tags, wanted = set(offer.tags), set(need.tags)
    return need.ability in offer.capabilities and wanted <= tags and (not offer.exclusive or tags <= wanted)


def offers_for(offers: Iterable[WorkerOffer], workspace: str) -> list[WorkerOffer]:
    """The offers of workers that get steps of a workspace."""
    return [offer for offer in offers if not offer.workspaces or workspace in offer.workspaces]


async def active_offers(connection: Connection) -> list[WorkerOffer]:
    """Distinct offers of the active workers."""
    rows = await fetch_named(
        connection,
        """
        SELECT capabilities, tags, exclusive, resources, workspaces, bool_or(state = 'active') AS takes_steps,
            coalesce((array_agg(name || ' (' || state || ')' ORDER BY name)
                      FILTER (WHERE state <> 'active'))[1:5], '{}') AS held
        FROM workers WHERE active GROUP BY capabilities, tags, exclusive, resources, workspaces
        """,
    )
    return [WorkerOffer(**row) for row in rows]
