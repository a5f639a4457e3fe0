"""Addresses of steps in the trees of their jobs."""

import uuid
from collections.abc import Collection

from stroem.definitions.values import Json
from stroem.engine.values.state import Address
from stroem.store.jobs.step_indexes import ADDRESS
from stroem.store.jobs.steps import StepId, step_key
from stroem.store.statement import Connection, fetch, records

Place = tuple[uuid.UUID, int, int, int]
"""A job, and an address in it: parent step, node, item."""


async def ids_at(connection: Connection, wanted: Collection[Place]) -> dict[Place, int]:
    """Ids of the steps at these places; places without one are left out."""
    if not wanted:
        return {}
    rows = await fetch(
        connection,
        f"""
        SELECT s.job_id, s.parent, s.node, s.item, s.id
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, parent int, node int, item int) LIMIT %s) n
        JOIN steps s ON {ADDRESS}
        """,  # noqa: S608 - a constant
        records([{"job_id": job, "parent": parent, "node": node, "item": item} for job, parent, node, item in wanted]),
    )
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


async def addresses_of(connection: Connection, step_ids: Collection[StepId]) -> dict[StepId, Address]:
    """Addresses of existing steps."""
    rows = await fetch(
        connection,
        """
        SELECT s.job_id, s.id, s.parent, s.node, s.item
        FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, step int) LIMIT %s) n
        JOIN steps s ON s.job_id = n.job_id AND s.id = n.step
        """,
        records([step_key(step_id) for step_id in step_ids]),
    )
    return {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows}


async def contexts_of(connection: Connection, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Json]]:
    """The contexts of jobs that have one."""
    if not job_ids:
        return {}
    rows = await fetch(
        connection, "SELECT id, context FROM jobs WHERE id = ANY(%s) AND context IS NOT NULL", (list(job_ids),)
    )
    return {row[0]: row[1] for row in rows}


async def fragments_of(connection: Connection, job_id: uuid.UUID) -> tuple[tuple[int, str], ...]:
    """The plans that arrived while a job ran: the block that opened each, and its digest."""
    rows = await fetch(connection, "SELECT fragments FROM jobs WHERE id = %s", (job_id,))
    return tuple([(block, digest) for block, digest in rows[0][0] or ()]) if rows else ()
