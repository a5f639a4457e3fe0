"""Results of steps go when their time is over or when there are too many; a bad row stops no other."""

import uuid

from stroem.orchestrator.retention.cache_pruner import CachePruner
from stroem.store import statement
from stroem.store.database import Database

_REFUSE = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'cursed'; END $$"
_CURSE = """
    CREATE TRIGGER cursed BEFORE DELETE ON cache_entries FOR EACH ROW WHEN (old.digest = 'cursed')
    EXECUTE FUNCTION refuse()
    """


async def execute(database: Database, sql: str, *values: object) -> None:
    async with database.begin() as connection:
        await statement.execute(connection, sql, values or None)


async def add(database: Database, digest: str, *, age: int, expires: int = 3600, workspace: str = "w") -> None:
    """A result that is `age` seconds old, and expires after further `expires`."""
    await execute(
        database,
        """
        INSERT INTO cache_entries (job_id, step, workspace, digest, ttl_secs, completed_at, expires_at)
        VALUES (%s, 1, %s, %s, 60, now() - make_interval(secs => %s), now() + make_interval(secs => %s))
        """,
        uuid.uuid4(),
        workspace,
        digest,
        age,
        expires,
    )


async def digests(database: Database) -> set[str]:
    async with database.read() as connection:
        return {row[0] for row in await statement.fetch(connection, "SELECT digest FROM cache_entries")}


async def test_expired_and_surplus_results_go(database: Database) -> None:
    for age in range(6):
        await add(database, f"{age}", age=age + 1)
    await add(database, "expired", age=0, expires=-1)
    await add(database, "of another workspace", age=100, workspace="x")
    await CachePruner(database, kept=4, interval_secs=60).run_once()
    assert await digests(database) == {"0", "1", "2", "3", "of another workspace"}


async def test_a_result_that_cannot_be_removed_stops_no_other(database: Database) -> None:
    await execute(database, _REFUSE)
    await execute(database, _CURSE)
    await add(database, "cursed", age=9, expires=-2)
    for number in range(5):
        await add(database, f"{number}", age=9, expires=-1)
    await CachePruner(database, kept=4, interval_secs=60).run_once()
    assert await digests(database) == {"cursed"}
