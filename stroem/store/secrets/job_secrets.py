"""Secrets of stores that jobs were given."""

import uuid
from collections.abc import Collection, Mapping

from stroem.definitions.secret_reference import SecretReference
from stroem.store.statement import Connection, fetch, records

_ADD = """
    INSERT INTO job_secrets (job_id, store, place)
    SELECT * FROM (SELECT * FROM json_to_recordset(%s::json) AS n (job_id uuid, store text, place text) LIMIT %s) n
    ON CONFLICT DO NOTHING
    RETURNING job_id, store, place
    """


async def add(
    connection: Connection, given: Mapping[uuid.UUID, Collection[SecretReference]]
) -> list[tuple[uuid.UUID, str, str]]:
    """Notes secrets that jobs are given; returns job, store and place of those that are new."""
    rows = [
        {"job_id": str(job_id), "store": one.store, "place": one.place} for job_id, own in given.items() for one in own
    ]
    return [(row[0], row[1], row[2]) for row in await fetch(connection, _ADD, records(rows))] if rows else []


async def has_any(connection: Connection, job_id: uuid.UUID, secrets: Collection[SecretReference]) -> bool:
    """Whether the job was given one of these secrets."""
    rows = await fetch(connection, "SELECT store, place FROM job_secrets WHERE job_id = %s", (job_id,))
    return not {(row[0], row[1]) for row in rows}.isdisjoint((one.store, one.place) for one in secrets)
