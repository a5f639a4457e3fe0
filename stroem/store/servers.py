"""Registry of running servers."""

import uuid

from stroem.store.statement import Connection, execute, fetch

_SILENT_SECS = 30


async def see_replica(connection: Connection, replica_id: uuid.UUID) -> int:
    """Registers this server, removes expired ones, and counts the others."""
    await execute(
        connection,
        "INSERT INTO replicas (id) VALUES (%s) ON CONFLICT (id) DO UPDATE SET seen_at = now()",
        (replica_id,),
    )
    await execute(connection, "DELETE FROM replicas WHERE seen_at < now() - make_interval(secs => %s)", (_SILENT_SECS,))
    rows = await fetch(connection, "SELECT count(*) FROM replicas WHERE id <> %s", (replica_id,))
    return int(rows[0][0])


async def forget_replica(connection: Connection, replica_id: uuid.UUID) -> None:
    """Unregisters this server."""
    await execute(connection, "DELETE FROM replicas WHERE id = %s", (replica_id,))


async def notify(connection: Connection, channel: str, payload: str) -> None:
    """Sends a payload on a channel to the other servers."""
    await execute(connection, "SELECT pg_notify(%s, %s)", (channel, payload))
