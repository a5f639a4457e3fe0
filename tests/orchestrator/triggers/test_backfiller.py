"""The backfiller on two servers, with triggers that change meanwhile, and the removal of old backfills."""

import asyncio
from collections.abc import Sequence

from stroem.orchestrator.triggers.fire_pruner import FirePruner
from stroem.store.statement import execute
from stroem.store.triggers import backfills
from stroem.store.triggers.backfills import BackfillRow
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of

DAILY = trigger_of("scheduler", cron="0 3 * * *")


async def start(site: TriggerSite, name: str, *, max_active: int, end: str = "2026-01-20") -> BackfillRow:
    services = site.services.triggers
    live = services.live.get("default", name)
    assert live is not None
    found = await services.backfills.range_of(live, "2026-01-01", end, live.release.created_at)
    return await services.backfills.start(live, found, max_active=max_active, by="ada", reason=None)


async def of(site: TriggerSite, name: str) -> Sequence[BackfillRow]:
    async with site.database.read() as connection:
        return await backfills.of_trigger(connection, "default", name, 10)


async def test_two_servers_fire_each_instant_once(site: TriggerSite) -> None:
    await site.release(a=DAILY)
    await start(site, "a", max_active=100)
    other = site.server()
    for _ in range(4):
        await asyncio.gather(*(one.triggers.backfiller.run_once() for one in (site.services, other) * 3))
    fires = await site.fires("a")
    assert len(fires) == len({key for key, _ in fires}) == 20
    assert {verdict for _, verdict in fires} == {"started"}
    (row,) = await of(site, "a")
    assert (row.status, row.fired, row.live) == ("running", 20, 20)


async def test_one_whose_trigger_is_gone_fails_and_its_neighbour_goes_on(site: TriggerSite) -> None:
    await site.release(a=DAILY, b=DAILY)
    await start(site, "a", max_active=1)
    await start(site, "b", max_active=1)
    await site.release(b=DAILY)
    while await site.services.triggers.backfiller.run_once():
        pass
    (gone,), (row,) = await of(site, "a"), await of(site, "b")
    assert (gone.status, gone.problem) == ("failed", "its workspace has no such schedule any more")
    assert (row.status, row.fired, row.live) == ("running", 1, 1)


async def test_a_disabled_trigger_is_filled_too(site: TriggerSite) -> None:
    await site.release(a=trigger_of("scheduler", cron="0 3 * * *", enabled=False))
    await start(site, "a", max_active=3, end="2026-01-03")
    await site.services.triggers.backfiller.run_once()
    assert len(await site.fires("a")) == 3


async def test_backfills_that_ended_long_ago_are_removed(site: TriggerSite) -> None:
    await site.release(a=DAILY)
    for _ in range(3):
        row = await start(site, "a", max_active=1)
    older = [one for one in await of(site, "a") if one.id != row.id]
    await site.services.triggers.backfills.cancel("default", "a", older[0].id, "ada")
    await site.services.triggers.backfills.cancel("default", "a", older[1].id, "ada")
    async with site.database.begin() as connection:
        await execute(
            connection,
            "UPDATE backfills SET ended_at = ended_at - interval '31 days', "
            "created_at = created_at - interval '31 days' WHERE id <> %s",
            (older[1].id,),
        )
    await FirePruner(site.database, days=30, interval_secs=1).run_once()
    assert {one.id for one in await of(site, "a")} == {row.id, older[1].id}
