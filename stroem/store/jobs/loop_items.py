"""Items of loops, in pages and in sums; and the steps of a job without them."""

import uuid
from collections.abc import Collection
from typing import Any

import attrs

from stroem.store.jobs.step_indexes import SCOPE
from stroem.store.jobs.step_queries import STEP_COLUMNS, StepRow
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection, fetch, fetch_named

_OF_LOOP = f"FROM (SELECT %(loop)s::int AS parent, %(job)s::uuid AS job_id) n JOIN steps s ON {SCOPE}"
_RANK = "CASE WHEN s.status = 'failed' AND %(failed_first)s THEN 0 ELSE 1 END"


@attrs.frozen(kw_only=True)
class CellCount:
    """Number of items with one status in one part of a loop, and index and step id of the first of them."""

    cell: int
    status: str
    items: int
    first: int
    first_id: int


@attrs.frozen(kw_only=True)
class ItemFilter:
    """Filter of items: of a status, and with a text in index, value or error."""

    status: str | None = None
    search: str | None = None
    failed_first: bool = True


async def steps_outside_loops(
    connection: Connection, job_id: uuid.UUID, blocks: Collection[int], scope: int = 0
) -> list[StepRow]:
    """The steps inside a scope, or of a job, that are in no loop there, in the order of their ids.

    `blocks` are the nodes of blocks.
    """
    rows = await fetch_named(
        connection,
        f"""
        WITH RECURSIVE scopes AS (
            SELECT %(scope)s::int AS parent, %(job)s::uuid AS job_id
            UNION ALL
            SELECT s.id, s.job_id FROM scopes n JOIN steps s ON {SCOPE} WHERE s.node = ANY(%(blocks)s)
        )
        SELECT {STEP_COLUMNS} FROM scopes n JOIN steps s ON {SCOPE} ORDER BY s.id
        """,  # noqa: S608 - constants
        {"job": job_id, "blocks": list(blocks), "scope": scope},
    )
    return [StepRow(**row) for row in rows]


async def item_counts(connection: Connection, job_id: uuid.UUID, loops: Collection[int]) -> dict[int, dict[str, int]]:
    """The numbers of items by status, for the steps of loops with these ids."""
    rows = await fetch(
        connection,
        f"""
        SELECT s.parent, s.status, count(*)
        FROM (SELECT unnest(%s::int[]) AS parent, %s::uuid AS job_id) n JOIN steps s ON {SCOPE} GROUP BY 1, 2
        """,  # noqa: S608 - constants
        (list(loops), job_id),
    )
    found: dict[int, dict[str, int]] = {}
    for parent, status, count in rows:
        found.setdefault(parent, {})[status] = count
    return found


async def cells(connection: Connection, loop: StepId, total: int, most: int) -> list[CellCount]:
    """The numbers of items by status in each of at most `most` equal parts of a loop of `total` items."""
    rows = await fetch_named(
        connection,
        f"""
        SELECT c.cell, c.status, count(*) AS items, (min(ARRAY[c.item, c.id]))[1] AS first,
               (min(ARRAY[c.item, c.id]))[2] AS first_id
        FROM (SELECT s.item::bigint * %(cells)s / %(total)s AS cell, s.status, s.item, s.id {_OF_LOOP}) c GROUP BY 1, 2
        """,  # noqa: S608 - constants
        {"job": loop[0], "loop": loop[1], "cells": min(most, total), "total": total},
    )
    return [CellCount(**row) for row in rows]


async def list_items(
    connection: Connection, loop: StepId, wanted: ItemFilter, *, after: tuple[int, int] | None, limit: int
) -> list[StepRow]:
    """A page of items behind the key `after`, see `item_key`."""
    conditions = ["%(status)s::text IS NULL OR s.status = %(status)s"]
    if wanted.search is not None:
        texts = ("s.item::text", "s.error", "s.value::text")
        conditions.append(" OR ".join(f"position(lower(%(search)s) in lower({text})) > 0" for text in texts))
    if after is not None:
        conditions.append(f"({_RANK}, s.item) > (%(rank)s, %(item)s)")
    values: dict[str, Any] = attrs.asdict(wanted)
    rank, item = after or (0, 0)
    rows = await fetch_named(
        connection,
        f"""
        SELECT {STEP_COLUMNS} {_OF_LOOP} WHERE {" AND ".join(f"({one})" for one in conditions)}
        ORDER BY {_RANK}, s.item LIMIT %(limit)s
        """,
        {**values, "job": loop[0], "loop": loop[1], "rank": rank, "item": item, "limit": limit},
    )
    return [StepRow(**row) for row in rows]


def item_key(row: StepRow, wanted: ItemFilter) -> tuple[int, int]:
    """The place of an item in the order of a list."""
    return (0 if wanted.failed_first and row.status == "failed" else 1), row.item


async def step_at(connection: Connection, step_id: StepId) -> StepRow | None:
    """A step by its id."""
    query = f"SELECT {STEP_COLUMNS} FROM steps s WHERE s.job_id = %s AND s.id = %s"  # noqa: S608 - a constant
    rows = await fetch_named(connection, query, step_id)
    return StepRow(**rows[0]) if rows else None


async def child_jobs(connection: Connection, job_id: uuid.UUID, steps: Collection[int]) -> dict[int, uuid.UUID]:
    """The latest job of each of these steps that started one."""
    rows = await fetch(
        connection,
        """
        SELECT DISTINCT ON (parent_step) parent_step, id FROM jobs
        WHERE parent_job = %s AND parent_step = ANY(%s) ORDER BY parent_step, created_at DESC, id
        """,
        (job_id, list(steps)),
    )
    return {row[0]: row[1] for row in rows}
