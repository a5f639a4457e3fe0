"""Plans, stored once each under the digest of their JSON."""

from stroem.definitions.plan import TaskPlan
from stroem.dialects import canonical
from stroem.store.statement import Connection, execute, fetch


async def put_plan(connection: Connection, digest: str, body: bytes) -> None:
    """Stores a plan unless it is there."""
    await execute(connection, "INSERT INTO plans (digest, body) VALUES (%s, %s) ON CONFLICT DO NOTHING", (digest, body))


async def get_plan(connection: Connection, digest: str) -> TaskPlan | None:
    """The plan with this digest."""
    rows = await fetch(connection, "SELECT body FROM plans WHERE digest = %s", (digest,))
    return canonical.from_json(canonical.parse(rows[0][0]), TaskPlan) if rows else None
