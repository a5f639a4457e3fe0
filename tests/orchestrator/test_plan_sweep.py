"""Plans that no job names are dropped, and never one that a job is about to name."""

import asyncio

from stroem.orchestrator.services import Core
from stroem.store.jobs import plans
from stroem.store.statement import execute

from .conftest import chain, job_of, start, workspace
from .release_rows import do, rows


async def aged(core: Core, *digests: str) -> None:
    for digest in digests:
        await do(core.database, "INSERT INTO plans (digest, body) VALUES (%s, '{}') ON CONFLICT DO NOTHING", digest)
        await do(core.database, "UPDATE plans SET created_at = now() - interval '2 days' WHERE digest = %s", digest)


async def names(core: Core) -> list[str]:
    return [row[0] for row in await rows(core.database, "SELECT digest FROM plans ORDER BY 1")]


async def test_plans_that_a_job_names_and_young_ones_are_kept(core: Core) -> None:
    used = (await job_of(core, await start(core, workspace(chain("a"))))).plan
    await aged(core, used, "old")
    await do(core.database, "INSERT INTO plans (digest, body) VALUES ('young', '{}')")
    await core.release_sweeper.run_once()
    assert set(await names(core)) == {used, "young"}


async def test_many_are_dropped_some_at_a_time(core: Core) -> None:
    await aged(core, *(f"d{number}" for number in range(5)))
    async with core.database.begin() as connection:
        assert await plans.drop_unused_plans(connection, 3) == 3
    assert len(await names(core)) == 2


async def test_a_plan_that_a_job_is_about_to_name_is_kept(core: Core) -> None:
    """It is stored in a transaction that is open while the sweeper comes."""
    await aged(core, "wanted")
    async with core.database.begin() as starting:
        await plans.put_plan(starting, "wanted", b"{}")
        async with asyncio.timeout(10), core.database.begin() as sweeping:
            assert await plans.drop_unused_plans(sweeping, 10) == 0
        await execute(starting, "SELECT 1")
    async with core.database.begin() as sweeping:
        assert await plans.drop_unused_plans(sweeping, 10) == 0
    assert await names(core) == ["wanted"]
