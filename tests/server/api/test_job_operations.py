"""Pauses and signals of jobs."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from stroem.orchestrator.operations import signaller
from stroem.server.keys import SERVICES
from stroem.store import statement
from tests.server.node_tasks import node_fixtures
from tests.server.traveller import Traveller, outcome

NOBODY = "00000000-0000-4000-8000-000000000000"
TASKS: Any = {
    "two": [
        {"name": "first", "action": "nothing", "entry": True, "edges": [{"to": 1}]},
        {"name": "second", "action": "nothing"},
    ],
    "paid": [
        {"name": "first", "action": "nothing", "entry": True, "edges": [{"to": 1}]},
        {"name": "hold", "kind": "signal", "input": {"name": "paid"}, "edges": [{"to": 2}]},
        {"name": "after", "action": "say", "input": {"text": "{{ hold.output.amount }}"}},
    ],
    "both": [
        {"name": "a", "kind": "signal", "entry": True, "input": {"name": "go / now"}},
        {"name": "b", "kind": "signal", "entry": True, "input": {"name": "go / now", "secs": 600}},
    ],
    "timed": [
        {"name": "hold", "kind": "wait", "entry": True, "input": {"secs": 600}},
        {"name": "work", "action": "nothing", "entry": True, "retry": {"attempts": 3, "delay": 300}},
        {"name": "one", "kind": "wait", "entry": True, "input": {"secs": 600}, "slot": {"key": "db"}},
        {"name": "two", "kind": "wait", "entry": True, "input": {"secs": 600}, "slot": {"key": "db"}},
    ],
}


registry, folder = node_fixtures(TASKS)


async def post(server: Any, job_id: str, *path: str, body: Any = None) -> tuple[int, Any]:
    address = "/".join([f"/api/jobs/{job_id}", *(quote(part, safe="") for part in path)])
    async with server.http.post(address, json=body) as response:
        return response.status, await response.json()


async def signal(server: Any, job_id: str, name: str, payload: Any = None) -> tuple[int, Any]:
    return await post(server, job_id, "signals", name, body={"payload": payload})


async def steps_of(server: Any, job_id: str) -> dict[str, Any]:
    return {step["step_name"]: step for step in (await server.get(f"/api/jobs/{job_id}"))["steps"]}


class TestPause:
    async def test_a_paused_job_starts_nothing_until_it_is_resumed(self, server: Any, traveller: Traveller) -> None:
        job_id = await server.start_job("two")
        (first,) = (await traveller.ask())["steps"]
        status, paused = await post(server, job_id, "pause")
        assert (status, paused["status"], paused["paused_by"]) == (200, "paused", "anonymous")
        job = await server.get(f"/api/jobs/{job_id}")
        assert (job["paused_at"], job["paused_by"]) == (paused["paused_at"], "anonymous")
        (item,) = (await server.get("/api/jobs"))["items"]
        assert (item["paused_at"], item["paused_by"]) == (paused["paused_at"], "anonymous")
        assert await post(server, job_id, "pause") == (200, paused)
        assert not (await traveller.ask(outcomes=[outcome(first)]))["steps"]
        second = (await steps_of(server, job_id))["second"]
        assert second["waits_for"] == "pause"
        assert second["waiting_reason"].startswith("The job is paused by anonymous since 20")
        assert await post(server, job_id, "resume") == (200, {"status": "resumed"})
        assert await post(server, job_id, "resume") == (200, {"status": "resumed"})
        assert (await server.get(f"/api/jobs/{job_id}"))["paused_at"] is None
        (second,) = (await traveller.ask())["steps"]
        await traveller.ask(outcomes=[outcome(second)])
        assert (await server.get(f"/api/jobs/{job_id}"))["status"] == "completed"

    async def test_pauses_at_the_same_moment_are_one(self, server: Any) -> None:
        job_id = await server.start_job("two")
        answers = await asyncio.gather(*(post(server, job_id, "pause") for _ in range(5)))
        assert {status for status, _ in answers} == {200}
        assert len({body["paused_at"] for _, body in answers}) == 1
        async with server.app[SERVICES].database.read() as connection:
            sql = "SELECT actor FROM history WHERE cause = 'pause' AND step = 0"
            assert await statement.fetch(connection, sql) == [("anonymous",)]

    async def test_an_ended_job_is_a_conflict(self, server: Any, traveller: Traveller) -> None:
        job_id = await server.start_job("two")
        (first,) = (await traveller.ask())["steps"]
        await post(server, job_id, "cancel")
        status, body = await post(server, job_id, "pause")
        assert (status, body["error"]) == (409, "Job is being ended; only its cleanup runs")
        await traveller.ask(outcomes=[outcome(first, exit_code=-15)])
        assert (await server.get(f"/api/jobs/{job_id}"))["status"] == "cancelled"
        for word in ("pause", "resume"):
            assert (await post(server, job_id, word))[0] == 409
            assert (await post(server, NOBODY, word))[0] == 404


class TestSignals:
    async def test_a_signal_ends_the_steps_that_wait_for_it(self, server: Any) -> None:
        job_id = await server.start_job("both")
        waiting = (await steps_of(server, job_id))["b"]
        assert waiting["waits_for"] == "signal:go / now"
        assert waiting["waiting_reason"].startswith("Waiting for the signal 'go / now' until 20")
        assert await signal(server, job_id, "go / now", [1, None]) == (200, {"status": "received"})
        job = await server.get(f"/api/jobs/{job_id}")
        assert (job["status"], job["output"]) == ("completed", {"a": [1, None], "b": [1, None]})

    async def test_an_early_signal_is_kept(self, server: Any, traveller: Traveller) -> None:
        job_id = await server.start_job("paid")
        (first,) = (await traveller.ask())["steps"]
        assert await signal(server, job_id, "other", {"amount": 1}) == (200, {"status": "kept"})
        assert await signal(server, job_id, "paid", {"amount": 5}) == (200, {"status": "kept"})
        assert await signal(server, job_id, "paid", {"amount": 6}) == (200, {"status": "kept"})
        (after,) = (await traveller.ask(outcomes=[outcome(first)]))["steps"]
        assert after["action_spec"]["script"] == "echo 5"

    async def test_a_signal_is_received_once(self, server: Any, traveller: Traveller) -> None:
        job_id = await server.start_job("paid")
        (first,) = (await traveller.ask())["steps"]
        await traveller.ask(outcomes=[outcome(first)], max_steps=0)
        answers = await asyncio.gather(*(signal(server, job_id, "paid", {"amount": n}) for n in range(4)))
        assert sorted(body["status"] for _, body in answers) == ["kept", "kept", "kept", "received"]
        (won,) = [number for number, (_, body) in enumerate(answers) if body["status"] == "received"]
        (after,) = (await traveller.ask())["steps"]
        assert after["action_spec"]["script"] == f"echo {won}"

    async def test_what_no_job_takes(self, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        job_id = await server.start_job("paid")
        assert (await signal(server, NOBODY, "paid"))[0] == 404
        assert (await signal(server, job_id, "x" * 256))[0] == 400
        assert (await signal(server, job_id, "two\nlines"))[0] == 400
        monkeypatch.setattr(signaller, "MOST_KEPT", 2)
        assert [(await signal(server, job_id, "paid"))[0] for _ in range(3)] == [200, 200, 409]
        await post(server, job_id, "cancel")
        assert (await signal(server, job_id, "paid"))[0] == 409
        async with server.app[SERVICES].database.read() as connection:
            assert await statement.fetch(connection, "SELECT * FROM messages") == []


async def test_steps_tell_what_they_wait_for(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("timed")
    (work,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(work, exit_code=1)], max_steps=0)
    steps = await steps_of(server, job_id)
    assert {name: step["waits_for"] for name, step in steps.items()} == {
        "hold": "timer",
        "work": "retry",
        "one": "timer",
        "two": "slot:db",
    }
    assert steps["hold"]["waiting_reason"].startswith("Waiting until 20")
    assert steps["hold"]["suspended_at"] is not None
    assert steps["work"]["waiting_reason"].startswith("Waiting for the next attempt at 20")
    assert steps["work"]["retry_at"] is not None
    assert (steps["work"]["retry_attempt"], steps["work"]["max_retries"]) == (0, 2)
    assert [one["attempt"] for one in steps["work"]["retry_history"]] == [1]
    assert steps["two"]["waiting_reason"] == "Waiting for a slot of 'db'"


class TestPauseOfAStep:
    async def test_a_step_is_held_when_its_turn_comes(self, server: Any, traveller: Traveller) -> None:
        job_id = await server.start_job("two")
        (first,) = (await traveller.ask())["steps"]
        status, paused = await post(server, job_id, "steps", "second", "pause")
        assert (status, paused["step_name"], paused["paused_by"]) == (200, "second", "anonymous")
        assert await post(server, job_id, "steps", "second", "pause") == (200, paused)
        assert not (await traveller.ask(outcomes=[outcome(first)]))["steps"]
        second = (await steps_of(server, job_id))["second"]
        assert second["waits_for"] == "pause"
        assert second["waiting_reason"].startswith("Step 'second' is paused by anonymous since 20")
        resumed = {"status": "resumed", "step_name": "second"}
        assert await post(server, job_id, "steps", "second", "resume") == (200, resumed)
        assert await post(server, job_id, "steps", "second", "resume") == (200, resumed)
        assert [step["step_name"] for step in (await traveller.ask())["steps"]] == ["second"]

    async def test_what_runs_is_a_conflict_and_an_unknown_step_is_not_found(
        self, server: Any, traveller: Traveller
    ) -> None:
        job_id = await server.start_job("two")
        await traveller.ask()
        status, body = await post(server, job_id, "steps", "first", "pause")
        assert (status, body["code"]) == (409, "conflict")
        assert "is running" in body["error"]
        for path in ("frist", "first[0]", "second~.x", "~"):
            status, body = await post(server, job_id, "steps", path, "pause")
            assert (status, body["code"]) == (404, "not-found")
        assert (await post(server, NOBODY, "steps", "first", "pause"))[0] == 404
