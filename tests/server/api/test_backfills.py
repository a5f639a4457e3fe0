"""Backfills of schedules: their instants in order, each once, with a bounded number of live jobs."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from tests.support.wait import eventually

TRIGGERS = "/api/workspaces/main/triggers"
WORKFLOWS = """
tasks:
  report:
    input: {day: {type: string, required: true}}
    flow:
      s: {type: script, script: "true"}
  broken:
    input: {count: {type: integer}}
    flow:
      s: {type: script, script: "true"}
triggers:
  daily: {type: scheduler, cron: "0 3 * * *", timezone: Europe/Oslo, task: report,
          input: {day: "{{ trigger.scheduled_at }} {{ trigger.previous_at }}"}}
  lonely: {type: scheduler, cron: "0 3 * * *", task: report, concurrency: skip, input: {day: x}}
  faulty: {type: scheduler, cron: "0 4 * * *", task: broken, input: {count: "{{ trigger.scheduled_at }}"}}
  holidays: {type: scheduler, cron: "0 5 * * *", task: report, calendar: {file: days.txt}, input: {day: x}}
  hook: {type: webhook, name: hook, task: report, input: {day: x}}
"""
THREE = {"start": "2026-01-01", "end": "2026-01-03"}


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / ".workflows" / "backfills.yaml").write_text(WORKFLOWS)
    (folder / "days.txt").write_text("no day\n")
    return folder


async def post(server: Any, path: str, body: Any, status: int = 200) -> Any:
    async with server.http.post(f"{TRIGGERS}/{path}", json=body) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def of(server: Any, trigger: str) -> Any:
    """The last backfill of a trigger."""
    return (await server.get(f"{TRIGGERS}/{trigger}/backfills"))[0]


async def ended(server: Any, trigger: str) -> Any:
    async def has_ended() -> Any:
        found = await of(server, trigger)
        return found if found["status"] != "running" else None

    return await eventually(has_ended)


async def jobs_of(server: Any, trigger: str) -> list[Any]:
    """The jobs of a trigger, in the order of their fires."""
    fires = (await server.get(f"{TRIGGERS}/{trigger}"))["fires"]
    return [await server.get(f"/api/jobs/{fire['job_id']}") for fire in reversed(fires)]


async def complete_one(worker: Any) -> None:
    claim = await eventually(lambda: claimed(worker))
    await worker.start(claim)
    await worker.complete(claim)


async def claimed(worker: Any) -> Any:
    claim = await worker.claim()
    return claim if claim.get("job_id") else None


async def test_a_dry_run_lists_instants_and_starts_nothing(server: Any) -> None:
    found = await post(server, "daily/backfill", {**THREE, "dry_run": True})
    assert found == {
        "backfill": None,
        "count": 3,
        "instants": [f"2026-01-0{day}T02:00:00Z" for day in (1, 2, 3)],
    }
    assert await server.get(f"{TRIGGERS}/daily/backfills") == []


async def test_instants_fire_in_order_one_after_the_other(server: Any, plain_worker: Any) -> None:
    await post(server, "daily/pause", {"reason": "repair"})
    started = (await post(server, "daily/backfill", {**THREE, "by": "ada", "reason": "lost"}))["backfill"]
    assert (started["status"], started["instants"], started["by"], started["reason"]) == ("running", 3, "ada", "lost")
    for number in range(1, 4):
        await eventually(lambda: fired(server, number))  # noqa: B023
        assert (await of(server, "daily"))["live"] == 1
        assert len(await jobs_of(server, "daily")) == number
        await complete_one(plain_worker)
    found = await ended(server, "daily")
    assert (found["status"], found["fired"], found["failed"], found["live"]) == ("completed", 3, 0, 0)
    assert [job["input"]["day"] for job in await jobs_of(server, "daily")] == [
        "2026-01-01T02:00:00+00:00 ",
        "2026-01-02T02:00:00+00:00 2026-01-01T02:00:00+00:00",
        "2026-01-03T02:00:00+00:00 2026-01-02T02:00:00+00:00",
    ]
    events = (await server.get("/api/events", kind="trigger_backfill"))["items"]
    assert {(event["by"], event["message"].partition(" is ")[2]) for event in events} == {
        ("ada", "started (lost)"),
        (None, "completed: 3 of 3 instants have fired"),
    }


async def fired(server: Any, number: int, trigger: str = "daily") -> bool:
    found = await of(server, trigger)
    return bool(found["fired"] == number and found["live"] == 1)


async def test_servers_that_do_the_same_fire_each_instant_once(server: Any) -> None:
    services = server.app[SERVICES]
    await post(server, "daily/backfill", {"start": "2026-01-01", "end": "2026-01-30", "max_active": 7})
    await asyncio.gather(*(services.triggers.backfiller.run_once() for _ in range(8)))
    await eventually(lambda: seven_live(server))
    for _ in range(8):
        await services.triggers.backfiller.run_once()
    assert [job["input"]["day"][:10] for job in await jobs_of(server, "daily")] == [
        f"2026-01-0{day}" for day in range(1, 8)
    ]


async def seven_live(server: Any) -> bool:
    found = await of(server, "daily")
    return bool(found["live"] == 7)


async def test_a_cancelled_one_fires_no_more(server: Any, plain_worker: Any) -> None:
    started = (await post(server, "daily/backfill", THREE))["backfill"]
    await eventually(lambda: fired(server, 1))
    path = f"daily/backfills/{started['id']}/cancel"
    assert (await post(server, path, {"by": "ada"}))["status"] == "cancelled"
    await complete_one(plain_worker)
    assert not await server.app[SERVICES].triggers.backfiller.run_once()
    assert (await of(server, "daily"))["fired"] == 1
    assert "it is cancelled" in (await post(server, path, {}, 409))["error"]
    other = path.replace(started["id"], "00000000-0000-0000-0000-000000000000")
    await post(server, other, {}, 404)


async def test_a_policy_that_would_skip_makes_jobs_wait_instead(server: Any, plain_worker: Any) -> None:
    await post(server, "lonely/backfill", {**THREE, "max_active": 3})
    for _ in range(3):
        await complete_one(plain_worker)
    await ended(server, "lonely")
    assert [job["status"] for job in await jobs_of(server, "lonely")] == ["completed"] * 3


async def test_a_bad_one_does_not_stop_its_neighbours(server: Any, plain_worker: Any) -> None:
    await post(server, "faulty/backfill", THREE)
    found = await ended(server, "faulty")
    assert (found["status"], found["fired"], found["failed"]) == ("completed", 3, 3)
    (server.folder / "days.txt").write_text("2026-01-02\n")
    await reconciled(server)
    await post(server, "holidays/backfill", THREE)
    await eventually(lambda: fired(server, 1, "holidays"))
    (server.folder / "days.txt").write_text("no day\n")
    await reconciled(server)
    await post(server, "daily/backfill", {"start": "2026-01-01", "end": "2026-01-01"})
    for _ in range(2):
        await complete_one(plain_worker)
    assert (await ended(server, "daily"))["status"] == "completed"
    problem = await eventually(lambda: problem_of(server, "holidays"))
    assert problem.startswith("days.txt, line 1: 'no' is no day")


async def problem_of(server: Any, trigger: str) -> Any:
    return (await of(server, trigger))["problem"]


async def reconciled(server: Any) -> None:
    await server.app[RECONCILER].pipeline.reconcile("main")


WRONG = [
    ("daily", {"start": "soon"}, "`start` is no time"),
    ("daily", {"start": "2026-01-02", "end": "2026-13-01"}, "`end` is no time"),
    (
        "daily",
        {"start": "2026-01-02", "end": "2026-01-01"},
        "`start` (`--from`) must be before `end` (`--to`), and before now",
    ),
    ("daily", {"start": "2099-01-02"}, "`start` (`--from`) must be before `end` (`--to`), and before now"),
    ("daily", {"start": "1980-01-01"}, "more than 10,000 instants"),
    ("daily", {"start": "2026-01-01T04:00:00+01:00", "end": "2026-01-01T05:00:00Z"}, "no instants between"),
    ("daily", {**THREE, "max_active": 0}, "must be at least 1"),
    ("hook", THREE, "only schedules have instants"),
    ("holidays", THREE, "days.txt, line 1: 'no' is no day"),
]


async def test_what_cannot_be_done_is_told(server: Any) -> None:
    for trigger, body, message in WRONG:
        assert message in str(await post(server, f"{trigger}/backfill", body, 400))
    assert "'dayly'" in (await post(server, "dayly/backfill", THREE, 404))["error"]
