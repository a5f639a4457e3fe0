"""Debounces: one job for many fires."""

import pytest

from stroem.definitions.trigger import Debounce
from stroem.store.statement import execute
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of

BUSY = trigger_of(
    "scheduler",
    cron="@daily",
    debounce=Debounce(key="{{ body.repo }}", wait=10, max_wait=60),
    input={"name": "{{ body.repo }} {{ events | length }}"},
)


async def end_waits(site: TriggerSite) -> None:
    async with site.database.begin() as connection:
        await execute(connection, "UPDATE debounces SET due_at = now()")
    await site.services.triggers.debouncer.run_once()


async def test_fires_of_one_key_start_one_job_with_all_of_them(site: TriggerSite) -> None:
    await site.release(pushed=BUSY)
    for number, repo in enumerate(("a", "b", "a", "a")):
        fired = await site.fire("pushed", key=str(number), context={"body": {"repo": repo, "number": number}})
        assert (fired.verdict, fired.job_id) == ("debounced", None)
    assert (await site.fire("pushed", key="2", context={"body": {"repo": "a"}})).verdict == "duplicate"
    assert await site.services.triggers.debouncer.run_once() is False
    assert await site.jobs() == []
    await end_waits(site)
    found = sorted(await site.jobs(), key=lambda job: str(job["input"]["name"]))
    assert [job["input"]["name"] for job in found] == ["a 3", "b 1"]
    raw = (await site.job(found[0]["id"])).raw_input
    assert [one["body"]["number"] for one in raw["events"]] == [0, 2, 3]
    await end_waits(site)
    assert len(await site.jobs()) == 2


async def test_the_wait_ends_at_the_latest_after_the_longest(site: TriggerSite) -> None:
    await site.release(pushed=BUSY)
    await site.fire("pushed", key="1", context={"body": {"repo": "a"}})
    async with site.database.begin() as connection:
        await execute(connection, "UPDATE debounces SET first_at = first_at - interval '55 s'")
    await site.fire("pushed", key="2", context={"body": {"repo": "a"}})
    async with site.database.read() as connection:
        cursor = await connection.execute("SELECT due_at - first_at = interval '60 s' FROM debounces")
        assert await cursor.fetchall() == [(True,)]


async def test_a_fire_by_hand_waits_for_no_others(site: TriggerSite) -> None:
    await site.release(pushed=BUSY)
    fired = await site.fire("pushed", actor="ada", context={"body": {"repo": "a"}})
    assert not [one for one in fired.warnings if one.startswith("input.events")]
    assert fired.verdict == "started"
    assert [job["input"]["name"] for job in await site.jobs()] == ["a 1"]


@pytest.mark.parametrize("way", ["removed", "failing"])
async def test_a_bad_debounce_does_not_stop_the_others(site: TriggerSite, way: str) -> None:
    bad = trigger_of("scheduler", cron="@daily", debounce=Debounce(wait=10), input={"name": "{{ 1 / 0 }}"})
    await site.release(bad=bad, good=BUSY)
    await site.fire("bad", key="1")
    await site.fire("good", key="1", context={"body": {"repo": "a"}})
    if way == "removed":
        await site.release(good=BUSY)
    await end_waits(site)
    assert [job["input"]["name"] for job in await site.jobs()] == ["a 1"]
    async with site.database.read() as connection:
        cursor = await connection.execute("SELECT count(*) FROM debounces")
        assert await cursor.fetchall() == [(0,)]
