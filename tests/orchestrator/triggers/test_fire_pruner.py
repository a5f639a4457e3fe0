"""The pruner of fires."""

from stroem.orchestrator.triggers.fire_pruner import FirePruner
from stroem.store.statement import execute
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of


async def test_old_fires_go_but_the_last_of_each_trigger(site: TriggerSite) -> None:
    daily = trigger_of("scheduler", cron="@daily")
    await site.release(a=daily, b=daily)
    for name, key in (("a", "1"), ("a", "2"), ("b", "1"), ("a", "3")):
        await site.fire(name, key=key)
    async with site.database.begin() as connection:
        await execute(connection, "UPDATE trigger_fires SET at = at - interval '31 days' WHERE key <> '3'")
    await FirePruner(site.database, days=30, interval_secs=1).run_once()
    assert await site.fires("a") == [("3", "started")]
    assert await site.fires("b") == [("1", "started")]
    assert len(await site.jobs()) == 4
