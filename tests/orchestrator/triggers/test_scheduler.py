"""The scheduler: each instant fires once, with its release, and a bad schedule stops no other."""

import asyncio
import datetime
from typing import Any

import pytest

from stroem.store.statement import fetch
from stroem.store.triggers import triggers
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of
from tests.support.wait import eventually

MINUTELY = trigger_of("scheduler", cron="* * * * *")


def minute(ago: int = 0) -> datetime.datetime:
    """The beginning of this minute, or of one before."""
    now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
    return now - datetime.timedelta(minutes=ago)


async def run(site: TriggerSite) -> None:
    while await site.services.triggers.scheduler.run_once():
        pass


async def test_a_new_schedule_fires_nothing_until_its_next_time(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    assert (await site.row("m")).scheduled_at is None
    await run(site)
    row = await site.row("m")
    assert row.due_at == row.scheduled_at == minute() + datetime.timedelta(minutes=1)
    assert await site.jobs() == []


async def test_a_due_instant_fires_and_the_next_is_due(site: TriggerSite) -> None:
    await site.release(m=trigger_of("scheduler", cron="* * * * *", input={"name": "{{ trigger.scheduled_at }}"}))
    at = minute()
    await site.set_due("m", at.isoformat())
    await run(site)
    (job,) = await site.jobs()
    assert job["input"] == {"name": at.isoformat()}
    assert await site.fires("m") == [(f"at:{at.isoformat()}", "started")]
    row = await site.row("m")
    assert (row.previous_at, row.scheduled_at) == (at, at + datetime.timedelta(minutes=1))


async def test_many_servers_fire_each_instant_once(site: TriggerSite) -> None:
    names = [f"m{number}" for number in range(150)]
    await site.release(**dict.fromkeys(names, MINUTELY))
    for name in names:
        await site.set_due(name, minute().isoformat())
    servers = [site.services, site.server(), site.server()]

    async def work(server: Any) -> None:
        while await server.triggers.scheduler.run_once():
            pass

    await asyncio.gather(*(work(server) for server in servers))
    await run(site)
    sources = [job["source_id"] for job in await site.jobs()]
    assert sorted(sources) == sorted(f"default/{name}" for name in names)


async def test_a_schedule_of_an_older_release_does_not_fire(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    await site.set_due("m", minute().isoformat())
    await site.make_current(m=trigger_of("scheduler", cron="0 4 1 1 *"))
    await run(site)
    assert await site.jobs() == []
    await site.services.triggers.sync.run_once()
    await run(site)
    assert await site.jobs() == []
    due = (await site.row("m")).due_at
    assert due is not None
    assert (due.month, due.day, due.hour) == (1, 1, 4)


async def test_an_unchanged_schedule_keeps_its_place_over_releases(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    await site.set_due("m", minute().isoformat())
    await site.release(m=MINUTELY, other=MINUTELY)
    await run(site)
    assert [verdict for _, verdict in await site.fires("m")] == ["started"]


@pytest.mark.parametrize("poison", ["next_due raises", "job cannot be created"])
async def test_a_bad_schedule_does_not_stop_the_others(
    site: TriggerSite, poison: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = trigger_of("scheduler", cron="*/2 * * * *", input={"name": "{{ 1 / 0 }}" if poison.startswith("job") else ""})
    await site.release(**{f"m{number}": MINUTELY for number in range(5)}, bad=bad)
    for name in ("bad", *(f"m{number}" for number in range(5))):
        await site.set_due(name, minute().isoformat())
    if poison == "next_due raises":
        kind = type(bad.options)
        rightly = kind.next_due

        def next_due(self: Any, *arguments: Any) -> Any:
            if self.cron == "*/2 * * * *":
                raise ValueError("no such time")
            return rightly(self, *arguments)

        monkeypatch.setattr(kind, "next_due", next_due)
    await run(site)
    assert len(await site.jobs()) == 5
    row = await site.row("bad")
    assert row.problem is not None
    assert row.due_at is not None
    assert row.due_at > datetime.datetime.now(datetime.UTC)


async def test_missed_times_are_recorded_and_the_last_fires(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    await site.set_due("m", minute(ago=20).isoformat())
    await run(site)
    assert [verdict for _, verdict in await site.fires("m")] == ["missed", "started"]
    assert len(await site.jobs()) == 1


async def test_a_paused_schedule_misses_its_times_for_good(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    await site.set_due("m", minute(ago=3).isoformat())
    async with site.database.begin() as connection:
        await triggers.set_paused(connection, "default", ["m"], paused=True)
    await run(site)
    async with site.database.begin() as connection:
        await triggers.set_paused(connection, "default", ["m"], paused=False)
    await run(site)
    assert await site.jobs() == []
    assert (await site.row("m")).scheduled_at == minute() + datetime.timedelta(minutes=1)


async def test_a_fire_that_forces_a_refresh_comes_after_it(site: TriggerSite) -> None:
    await site.release(m=trigger_of("scheduler", cron="* * * * *", force_refresh=True))
    await run(site)
    await site.set_due("m", minute().isoformat())

    async def fired() -> bool:
        await site.services.triggers.scheduler.run_once()
        return len(await site.jobs()) == 1

    await eventually(fired)
    assert site.refreshed == ["default"]


async def test_schedules_of_workspaces_that_are_gone_stay(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    await site.set_due("m", minute().isoformat())
    site.current.clear()
    await run(site)
    assert await site.jobs() == []
    async with site.database.read() as connection:
        assert await fetch(connection, "SELECT count(*) FROM triggers") == [(1,)]


async def test_another_input_leaves_the_times_of_a_schedule_as_they_are(site: TriggerSite) -> None:
    await site.release(m=MINUTELY)
    await run(site)
    before = await site.row("m")
    await site.set_due("m", minute(ago=1).isoformat())
    await site.release(m=trigger_of("scheduler", cron="* * * * *", input={"name": "new"}, concurrency="queue"))
    await run(site)
    assert [job["input"]["name"] for job in await site.jobs()][:1] == ["new"]
    after = await site.row("m")
    assert (after.since, after.options) == (before.since, before.options)
    assert after.digest != before.digest
