"""Encrypted inputs of jobs, whose keys change."""

import uuid

from stroem.store.statement import Connection, execute, fetch

FIRST_ID = uuid.UUID(int=0)


async def sealed_otherwise(
    connection: Connection, start: bytes, after: uuid.UUID, limit: int
) -> list[tuple[uuid.UUID, bytes]]:
    """Locks the next jobs, by id, whose encrypted input begins otherwise; returns their ids and inputs."""
    rows = await fetch(
        connection,
        """
        SELECT id, sealed_input FROM jobs
        WHERE sealed_input IS NOT NULL AND id > %s AND substring(sealed_input FOR octet_length(%s)) <> %s
        ORDER BY id LIMIT %s FOR NO KEY UPDATE
        """,
        (after, start, start, limit),
    )
    return [(row[0], bytes(row[1])) for row in rows]


async def reseal(connection: Connection, job_id: uuid.UUID, envelope: bytes) -> None:
    """Replaces the encrypted input of a locked job."""
    await execute(connection, "UPDATE jobs SET sealed_input = %s WHERE id = %s", (envelope, job_id))
