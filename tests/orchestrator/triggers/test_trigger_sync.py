"""Rows of triggers, which follow the current releases."""

from stroem.store.statement import execute, fetch
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of

DAILY = trigger_of("scheduler", cron="@daily")
HOOK = trigger_of("webhook", name_="push")


async def test_only_rows_of_changed_triggers_are_written(site: TriggerSite) -> None:
    await site.release(a=DAILY, b=DAILY, c=HOOK)
    before = {name: await site.row(name) for name in "abc"}
    await site.release(a=DAILY, b=trigger_of("scheduler", cron="@hourly"), d=DAILY, c=HOOK)
    assert await site.row("a") == before["a"]
    assert await site.row("c") == before["c"]
    changed = await site.row("b")
    assert changed.since > before["b"].since
    assert changed.digest != before["b"].digest
    await site.release(a=DAILY)
    async with site.database.read() as connection:
        assert await fetch(connection, "SELECT name FROM triggers") == [("a",)]


async def test_a_hook_keeps_the_time_of_its_name(site: TriggerSite) -> None:
    await site.release(c=HOOK)
    first = await site.row("c")
    await site.release(c=trigger_of("webhook", name_="push", mode="sync"))
    second = await site.row("c")
    assert (second.hook_since, second.hook_name) == (first.hook_since, "push")
    await site.release(c=trigger_of("webhook", name_="pull"))
    third = await site.row("c")
    assert third.hook_since is not None
    assert first.hook_since is not None
    assert third.hook_since > first.hook_since


async def test_a_pause_outlives_releases(site: TriggerSite) -> None:
    await site.release()
    async with site.database.begin() as connection:
        query = "INSERT INTO overrides (workspace, kind, name, set_by) VALUES ('default', 'trigger_paused', 'a', 'ada')"
        await execute(connection, query)
    await site.release(a=DAILY, b=DAILY)
    assert ((await site.row("a")).paused, (await site.row("a")).due_at) == (True, None)
    assert not (await site.row("b")).paused


async def test_a_workspace_that_cannot_be_read_does_not_stop_the_others(site: TriggerSite) -> None:
    release = await site.make_current(a=DAILY)
    site.current["aaa"] = site.current["default"]
    async with site.database.begin() as connection:
        await execute(connection, "INSERT INTO workspaces (name, current_release) VALUES ('aaa', 987654)")
    await site.services.triggers.sync.run_once()
    assert (await site.row("a")).name == "a"
    assert release.id in site.releases
