"""Plans that no job names are dropped, and never one that a job is about to name."""

import asyncio

from stroem.orchestrator.services import Services
from stroem.store.jobs import plans
from stroem.store.statement import execute
from tests.orchestrator.conftest import chain, job_of, start, workspace
from tests.orchestrator.retention.release_rows import do, rows


async def aged(services: Services, *digests: str) -> None:
    for digest in digests:
        await do(services.database, "INSERT INTO plans (digest, body) VALUES (%s, '{}') ON CONFLICT DO NOTHING", digest)
        await do(services.database, "UPDATE plans SET created_at = now() - interval '2 days' WHERE digest = %s", digest)


async def names(services: Services) -> list[str]:
    return [row[0] for row in await rows(services.database, "SELECT digest FROM plans ORDER BY 1")]


async def test_plans_that_a_job_names_and_young_ones_are_kept(services: Services) -> None:
    used = (await job_of(services, await start(services, workspace(chain("a"))))).plan
    await aged(services, used, "old")
    await do(services.database, "INSERT INTO plans (digest, body) VALUES ('young', '{}')")
    await services.release_pruner.run_once()
    assert set(await names(services)) == {used, "young"}


async def test_many_are_dropped_some_at_a_time(services: Services) -> None:
    await aged(services, *(f"d{number}" for number in range(5)))
    async with services.database.begin() as connection:
        assert await plans.drop_unused_plans(connection, 3) == 3
    assert len(await names(services)) == 2


async def test_a_plan_that_a_job_is_about_to_name_is_kept(services: Services) -> None:
    """It is stored in a transaction that is open while the pruner comes."""
    await aged(services, "wanted")
    async with services.database.begin() as starting:
        await plans.put_plan(starting, "wanted", b"{}")
        async with asyncio.timeout(60), services.database.begin() as sweeping:
            assert await plans.drop_unused_plans(sweeping, 10) == 0
        await execute(starting, "SELECT 1")
    async with services.database.begin() as sweeping:
        assert await plans.drop_unused_plans(sweeping, 10) == 0
    assert await names(services) == ["wanted"]
