"""Fires: exactly one job for each key, of live triggers alone."""

import asyncio
import uuid

import pytest

from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.store.statement import execute
from tests.orchestrator.triggers.trigger_site import TriggerSite
from tests.support.triggers import trigger_of

DAILY = trigger_of("scheduler", cron="@daily", input={"name": "{{ trigger.name }} {{ trigger.previous_at }}"})


async def test_a_fire_starts_a_job_with_the_rendered_input(site: TriggerSite) -> None:
    await site.release(nightly=DAILY)
    fired = await site.fire("nightly", context={"trigger": {"previous_at": "then"}})
    job = await site.job(fired.job_id)
    assert fired.verdict == "started"
    assert job.raw_input == {"name": "nightly then"}
    assert (job.source_type, job.source_id, job.status) == ("trigger", "default/nightly", "pending")
    assert job.context["trigger"]["name"] == "nightly"
    assert await site.fires("nightly") == [("k", "started")]


async def test_a_key_fires_once_whoever_tries_it_how_often(site: TriggerSite) -> None:
    await site.release(nightly=DAILY)
    servers = [site.server() for _ in range(2)]
    results = await asyncio.gather(*(site.fire("nightly", services=servers[number % 2]) for number in range(8)))
    assert sorted(one.verdict for one in results) == ["duplicate"] * 7 + ["started"]
    assert len({one.job_id for one in results}) == 1
    assert len(await site.jobs()) == 1


async def test_a_paused_and_a_disabled_trigger_fire_by_hand_only(site: TriggerSite) -> None:
    await site.release(paused=DAILY, off=trigger_of("scheduler", cron="@daily", enabled=False))
    async with site.database.begin() as connection:
        await execute(connection, "UPDATE triggers SET paused = true WHERE name = 'paused'")
    for name, reason in (("paused", "the trigger is paused"), ("off", "the trigger is disabled")):
        fired = await site.fire(name)
        assert (fired.verdict, fired.reason) == ("refused", reason)
        assert (await site.fire(name, key="hand", actor="ada", given={"name": "Ada"})).verdict == "started"
    assert [job["input"]["name"] for job in await site.jobs()] == ["Ada", "Ada"]


async def test_a_trigger_that_is_gone_is_refused(site: TriggerSite) -> None:
    await site.release(nightly=DAILY)
    await site.release()
    assert (await site.fire("nightly")).verdict == "refused"
    assert await site.jobs() == []


async def test_a_fire_waits_for_the_rows_of_the_current_release(site: TriggerSite) -> None:
    await site.release(nightly=DAILY)
    await site.make_current(nightly=trigger_of("scheduler", cron="@daily", input={"name": "new"}))
    fire = asyncio.create_task(site.fire("nightly"))
    await site.services.triggers.sync.run_once()
    assert (await site.job((await fire).job_id)).raw_input == {"name": "new"}


async def test_a_failed_fire_keeps_no_key_and_does_not_stop_its_neighbours(site: TriggerSite) -> None:
    bad = trigger_of("scheduler", cron="@daily", input={"name": "{{ trigger.nothing }}"})
    await site.release(bad=bad, good=DAILY)
    failed = await site.fire("bad")
    assert failed.verdict == "failed"
    assert "`trigger` has no `nothing`" in (failed.reason or "")
    assert (await site.row("bad")).problem == failed.reason
    assert (await site.fire("good")).verdict == "started"
    await site.release(bad=DAILY, good=DAILY)
    assert (await site.fire("bad")).verdict == "started"
    assert (await site.row("bad")).problem is None
    assert [verdict for _, verdict in await site.fires("bad")] == ["failed", "started"]


async def test_only_the_first_failure_in_a_row_is_an_event(site: TriggerSite) -> None:
    await site.release(bad=trigger_of("scheduler", cron="@daily", input={"name": "{{ trigger.nothing }}"}))
    for number in range(3):
        await site.fire("bad", key=str(number))
    async with site.database.read() as connection:
        cursor = await connection.execute("SELECT kind, severity FROM events")
        assert await cursor.fetchall() == [("trigger_failed", "warning")]


async def test_a_condition_filters_a_fire(site: TriggerSite) -> None:
    trigger = trigger_of("scheduler", cron="@daily", if_="body.ref == 'main'")
    await site.release(pushed=trigger)
    assert (await site.fire("pushed", key="1", context={"body": {"ref": "topic"}})).verdict == "filtered"
    assert (await site.fire("pushed", key="2", context={"body": {"ref": "main"}})).verdict == "started"
    assert (await site.fire("pushed", key="1", context={"body": {"ref": "main"}})).verdict == "duplicate"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("allow", ["pending", "pending"]),
        ("skip", ["pending", "skipped"]),
        ("queue", ["pending", "pending"]),
        ("cancel_previous", ["cancelled", "pending"]),
    ],
)
async def test_a_fire_while_a_job_of_the_trigger_is_live(site: TriggerSite, policy: str, expected: list[str]) -> None:
    await site.release(often=trigger_of("scheduler", cron="@daily", concurrency=policy))
    for key in ("1", "2"):
        await site.fire("often", key=key)
        for _ in range(3):
            await site.services.job_loop.run_once()
    found = await site.jobs()
    assert [job["status"] for job in found] == expected
    if policy == "skip":
        assert found[1]["error"].startswith("Skipped: no slot of the concurrency of its trigger was free: job ")
    waiting = [(await site.job(job["id"])).waits_for for job in found if job["status"] == "pending"]
    assert waiting == ([None, "slot:trigger:default/often"] if policy == "queue" else [None] * len(waiting))


async def test_secrets_of_options_are_rendered_for_the_type_alone(site: TriggerSite) -> None:
    hook = trigger_of("webhook", name_="h", secret="{{ secret.k }}")
    await site.release(hook=hook)
    live = site.services.triggers.live.get("default", "hook")
    assert live is not None
    assert live.options.secret == "a-secret-value"  # type: ignore[attr-defined]
    assert live.trigger.options.secret == "{{ secret.k }}"


async def test_what_settles_a_fire_is_written_with_it_or_not_at_all(site: TriggerSite) -> None:
    await site.release(nightly=DAILY)
    firer = site.services.triggers.firer

    async def refuse(connection: object, results: object) -> None:
        raise RuntimeError("the disk of the caller is full")

    request = FireRequest(workspace="default", trigger="nightly", fire=Fire(key=str(uuid.uuid4())))
    with pytest.raises(RuntimeError):
        await firer.fire([request], refuse)
    assert await site.jobs() == []
    assert await site.fires("nightly") == []


async def test_fires_at_the_same_time_end_a_problem_without_a_deadlock(site: TriggerSite) -> None:
    await site.release(nightly=DAILY)
    servers = [site.server() for _ in range(3)]
    for turn in range(5):
        async with site.database.begin() as connection:
            await execute(connection, "UPDATE triggers SET problem = 'it failed'")
        fires = (site.fire("nightly", key=f"{turn}/{number}", services=servers[number % 3]) for number in range(9))
        results = await asyncio.gather(*fires)
        assert [one.verdict for one in results] == ["started"] * 9
        assert (await site.row("nightly")).problem is None
