"""Plans, stored once each under the digest of their JSON, without values of secrets."""

import contextlib
from collections.abc import Collection

from stroem.conversion import canonical
from stroem.engine.plan import TaskPlan
from stroem.errors import PlanUnreadable
from stroem.store.statement import Connection, execute, fetch

_UNUSED = """
    p.created_at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM jobs WHERE jobs.plan = p.digest)
    AND NOT EXISTS (SELECT FROM jobs WHERE jobs.fragments @> jsonb_build_array(jsonb_build_array(p.digest)))
    """


async def put_plan(connection: Connection, digest: str, body: bytes) -> None:
    """Stores a plan or renews its time of use, which protects it from removal."""
    await execute(
        connection,
        """
        INSERT INTO plans (digest, body) VALUES (%s, %s)
        ON CONFLICT (digest) DO UPDATE SET created_at = now()
        """,
        (digest, body),
    )


async def get_plan(connection: Connection, digest: str) -> TaskPlan | None:
    """The plan with this digest. Raises PlanUnreadable."""
    rows = await fetch(connection, "SELECT body FROM plans WHERE digest = %s", (digest,))
    return _plan(rows[0][0]) if rows else None


async def get_plans(connection: Connection, digests: Collection[str]) -> dict[str, TaskPlan]:
    """The plans with these digests; unknown and unreadable ones are left out."""
    found: dict[str, TaskPlan] = {}
    for digest, body in await fetch(
        connection, "SELECT digest, body FROM plans WHERE digest = ANY(%s)", (list(digests),)
    ):
        with contextlib.suppress(PlanUnreadable):
            found[digest] = _plan(body)
    return found


def _plan(body: bytes) -> TaskPlan:
    try:
        return canonical.from_json(canonical.parse(body), TaskPlan)
    except Exception as error:  # of what kind depends on where the data differs from a plan
        raise PlanUnreadable from error


async def drop_unused_plans(connection: Connection, limit: int, skip: int = 0) -> int:
    """Deletes up to `limit` plans, after the first `skip`, without jobs and unused for a day.

    Must be called in a transaction. A server that takes a plan for stored has stored it within the hour, so that no new
    job can name a deleted one.
    """
    locked = await fetch(
        connection,
        f"SELECT digest FROM plans p WHERE {_UNUSED} ORDER BY created_at, digest LIMIT %s OFFSET %s"  # noqa: S608
        " FOR UPDATE SKIP LOCKED",
        (limit, skip),
    )
    if not locked:
        return 0
    digests = [row[0] for row in locked]
    return await execute(
        connection,
        f"DELETE FROM plans p WHERE digest = ANY(%s) AND {_UNUSED}",  # noqa: S608 - a constant
        (digests,),
    )
