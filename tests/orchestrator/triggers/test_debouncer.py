"""Debounces: one job for many fires."""

import uuid

import attrs
import pytest

from stroem.definitions.trigger import Debounce
from stroem.orchestrator.triggers import debouncer
from stroem.store.statement import execute
from stroem.store.triggers import triggers
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
        cursor = await connection.execute("SELECT count(*) FROM debounces WHERE due_at > now()")
        assert await cursor.fetchall() == [(1 if way == "failing" else 0,)]


async def test_fires_of_a_paused_trigger_wait_for_its_resumption(site: TriggerSite) -> None:
    await site.release(pushed=BUSY)
    await site.fire("pushed", context={"body": {"repo": "a"}})
    for paused in (True, False):
        async with site.database.begin() as connection:
            await triggers.set_paused(connection, "default", ["pushed"], paused=paused)
        await end_waits(site)
        assert len(await site.jobs()) == (0 if paused else 1)


async def test_fires_whose_job_cannot_be_created_wait_for_a_better_definition(site: TriggerSite) -> None:
    bad = attrs.evolve(BUSY, input={"name": "{{ 1 / 0 }}"})
    await site.release(pushed=bad)
    await site.fire("pushed", context={"body": {"repo": "a"}})
    await end_waits(site)
    assert await site.jobs() == []
    await site.release(pushed=BUSY)
    await end_waits(site)
    assert [job["input"]["name"] for job in await site.jobs()] == ["a 1"]
    assert [verdict for _, verdict in await site.fires("pushed")] == ["debounced", "failed", "started"]


async def test_fires_of_a_removed_trigger_leave_a_record(site: TriggerSite) -> None:
    await site.release(pushed=BUSY)
    await site.fire("pushed", context={"body": {"repo": "a"}})
    await site.release()
    assert [verdict for _, verdict in await site.fires("pushed")] == ["debounced", "failed"]


async def test_a_key_may_be_long(site: TriggerSite) -> None:
    await site.release(pushed=BUSY)
    repo = "".join(str(uuid.uuid4()) for _ in range(500))
    first = await site.fire("pushed", key=repo, context={"body": {"repo": repo}})
    second = await site.fire("pushed", key=repo, context={"body": {"repo": repo}})
    assert (first.verdict, second.verdict) == ("debounced", "duplicate")
    await end_waits(site)
    assert len(await site.jobs()) == 1


async def test_more_fires_than_one_job_takes_start_further_jobs(
    site: TriggerSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debouncer, "MOST_DEBOUNCED", 2)
    await site.release(pushed=BUSY)
    for number in range(5):
        await site.fire("pushed", key=str(number), context={"body": {"repo": "a", "number": number}})
    await end_waits(site)
    while await site.services.triggers.debouncer.run_once():
        pass
    await site.services.triggers.debouncer.run_once()
    jobs = [(await site.job(job["id"])).raw_input["events"] for job in await site.jobs()]
    assert [[one["body"]["number"] for one in events] for events in jobs] == [[0, 1], [2, 3], [4]]
