"""The claim with its fields beside the older contract: several steps, news, and waiting."""

import asyncio
import gzip
import io
import uuid
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement
from tests.server.traveller import Traveller, chunk, outcome
from tests.support.wait import eventually

HOLD_SECS = 30


async def until_held(server: Any, worker_id: str) -> None:
    """Returns when the server holds a request of the worker."""
    await eventually(lambda: uuid.UUID(worker_id) in server.app[SERVICES].notifier.polling_workers, "a request is held")


async def test_several_steps_at_once(server: Any, traveller: Traveller) -> None:
    jobs = {await server.start_job() for _ in range(3)}
    answer = await traveller.ask(max_steps=2)
    assert answer["job_id"] is None
    assert answer["lease_secs"] == 120
    assert answer["cancel"] == []
    first = answer["steps"]
    assert [step["attempt"] for step in first] == [1, 1]
    assert [step["log_chunk"] for step in first] == [0, 0]
    second = (await traveller.ask())["steps"]
    assert {step["job_id"] for step in first + second} == jobs


async def test_news_are_kept_and_answered_with_what_they_made_ready(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job()
    (step,) = (await traveller.ask())["steps"]
    news = {
        "outcomes": [outcome(step, output={"greeting": "Hi"})],
        "logs": [chunk(step, 0, "a", "b"), chunk(step, 1, "c")],
    }
    answer = await traveller.ask(**news, wait_secs=HOLD_SECS)
    (following,) = answer["steps"]
    assert following["step_name"] == "second"
    assert following["action_spec"]["script"] == "echo Hi"
    again = await traveller.ask(**news)
    assert again["steps"] == []
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["steps"][0]["status"] == "completed"
    page = await server.get(f"/api/jobs/{job_id}/logs")
    assert page["logs"].count("\n") == page["total"] == 3


async def test_news_are_answered_at_once(server: Any, traveller: Traveller) -> None:
    await server.start_job()
    (step,) = (await traveller.ask())["steps"]
    async with asyncio.timeout(HOLD_SECS):
        answer = await traveller.ask(logs=[chunk(step, 0, "a")], wait_secs=HOLD_SECS)
    assert answer["steps"] == []


async def test_a_request_is_held_until_there_is_work(server: Any, traveller: Traveller) -> None:
    asking = asyncio.create_task(traveller.ask(wait_secs=HOLD_SECS))
    await until_held(server, traveller.worker_id)
    job_id = await server.start_job()
    (step,) = (await asking)["steps"]
    assert step["job_id"] == job_id


async def test_a_held_request_hears_of_a_cancelled_job(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job()
    (step,) = (await traveller.ask())["steps"]
    asking = asyncio.create_task(traveller.ask(max_steps=0, wait_secs=HOLD_SECS))
    await until_held(server, traveller.worker_id)
    await server.http.post(f"/api/jobs/{job_id}/cancel")
    assert (await asking)["cancel"] == [
        {"job_id": job_id, "step_name": "say-first", "step_id": step["step_id"], "attempt": 1}
    ]


async def test_a_newer_request_takes_the_place_of_a_held_one(server: Any, traveller: Traveller) -> None:
    older = asyncio.create_task(traveller.ask(wait_secs=HOLD_SECS))
    await until_held(server, traveller.worker_id)
    newer = asyncio.create_task(traveller.ask(wait_secs=HOLD_SECS))
    assert (await older)["steps"] == []
    await until_held(server, traveller.worker_id)
    await server.start_job()
    assert len((await newer)["steps"]) == 1


async def test_time_runs_out(traveller: Traveller) -> None:
    assert (await traveller.ask(wait_secs=0.05))["steps"] == []


async def test_a_request_whose_worker_is_gone_is_no_longer_held(server: Any, traveller: Traveller) -> None:
    asking = asyncio.create_task(traveller.ask(wait_secs=HOLD_SECS))
    await until_held(server, traveller.worker_id)
    asking.cancel()
    await eventually(lambda: not server.app[SERVICES].notifier.polling_workers, "no request is held")
    job_id = await server.start_job()
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["steps"][0]["status"] == "ready"


async def test_a_server_that_stops_answers_held_requests(server: Any, traveller: Traveller) -> None:
    asking = asyncio.create_task(traveller.ask(wait_secs=HOLD_SECS))
    await until_held(server, traveller.worker_id)
    async with asyncio.timeout(HOLD_SECS):
        await server.runner.cleanup()
        assert (await asking)["steps"] == []


async def test_steps_of_an_answer_that_was_lost_are_given_again(server: Any, traveller: Traveller) -> None:
    await server.start_job()
    (lost,) = (await traveller.ask())["steps"]
    answer = await traveller.ask(holding=[])
    assert answer["steps"] == [lost]
    held = {key: lost[key] for key in ("job_id", "step_name", "attempt")}
    assert (await traveller.ask(holding=[held]))["steps"] == []


async def test_steps_of_a_worker_that_was_started_again_are_lost(server: Any, traveller: Traveller) -> None:
    await server.start_job()
    (step,) = (await traveller.ask())["steps"]
    body = {
        "name": "traveller",
        "capabilities": ["script"],
        "tags": [],
        "worker_id": traveller.worker_id,
    }
    answer = await server.ask_worker_api("register", body)
    assert answer["worker_id"] != traveller.worker_id
    former = await server.get(f"/api/workers/{traveller.worker_id}")
    assert former["status"] == "inactive"
    assert step["attempt"] == 1


async def test_an_unknown_worker_is_told_to_register(server: Any) -> None:
    body = {"worker_id": str(uuid.uuid4()), "capabilities": ["script"], "tags": [], "max_steps": 1}
    async with server.worker.post("/worker/jobs/claim", json=body) as response:
        assert response.status == 404
        assert "Register again" in (await response.json())["error"]


class TestChunks:
    """Log lines by themselves."""

    async def send(self, server: Any, step: Any, data: Any, headers: Any = None, **query: Any) -> int:
        path = f"/worker/jobs/{step['job_id']}/steps/{step['step_name']}/log"
        params = {"attempt": step["attempt"], "chunk": 0, **query}
        if isinstance(data, bytes):
            params.setdefault("lines", data.count(b"\n"))
        async with server.worker.post(path, params=params, data=data, headers=headers) as response:
            if response.status == 200:
                assert await response.json() == {"status": "ok"}
            return int(response.status)

    @pytest.fixture
    async def step(self, server: Any, traveller: Traveller) -> Any:
        await server.start_job()
        return (await traveller.ask())["steps"][0]

    async def test_a_chunk_that_comes_twice_is_kept_once(self, server: Any, traveller: Traveller, step: Any) -> None:
        data = chunk(step, 0, "a", "b")["data"].encode()
        for _ in range(2):
            assert await self.send(server, step, data, worker_id=traveller.worker_id) == 200
        assert (await server.get(f"/api/jobs/{step['job_id']}/logs"))["total"] == 2

    async def test_a_packed_chunk(self, server: Any, traveller: Traveller, step: Any) -> None:
        data = chunk(step, 0, "a", "b")["data"].encode()
        status = await self.send(
            server,
            step,
            gzip.compress(data),
            {"Content-Encoding": "gzip"},
            lines=2,
            worker_id=traveller.worker_id,
        )
        assert status == 200
        assert (await server.get(f"/api/jobs/{step['job_id']}/logs"))["logs"].encode() == data

    async def test_a_worker_that_lost_the_step_is_told(self, server: Any, traveller: Traveller, step: Any) -> None:
        data = chunk(step, 0, "a")["data"].encode()
        assert await self.send(server, step, data, worker_id=str(uuid.uuid4())) == 409
        assert await self.send(server, step, data, worker_id=traveller.worker_id, attempt=2) == 409
        await traveller.ask(outcomes=[outcome(step)])
        assert await self.send(server, step, data, worker_id=traveller.worker_id) == 409

    @pytest.mark.parametrize(
        ("data", "query"),
        [
            (b"", {}),
            (b"{}\n{}", {}),
            (b"{}\n", {"lines": 2}),
            (b"\xff\n", {}),
            (b"{}\n", {"chunk": -1}),
            (b"{}\n", {"attempt": "x"}),
        ],
    )
    async def test_what_is_no_chunk(
        self, server: Any, traveller: Traveller, step: Any, data: bytes, query: dict[str, Any]
    ) -> None:
        assert await self.send(server, step, data, worker_id=traveller.worker_id, **query) == 400

    async def test_too_much_at_once(self, server: Any, traveller: Traveller, step: Any) -> None:
        data = io.BytesIO(b"x" * (17 * 1024 * 1024))
        assert await self.send(server, step, data, lines=1, worker_id=traveller.worker_id) == 413


HALVES = """
actions:
  half: {type: script, script: "echo {{ '%s' }}"}
  whole: {type: script, script: "true"}
tasks:
  t:
    flow:
      half: {action: half}
      whole: {action: whole}
""".replace("%s", "\\\\ud83d")


@pytest.mark.parametrize("kind", ["new", "plain", "given again"])
async def test_a_step_that_json_cannot_hold_fails_and_the_others_are_handed_out(
    server: Any, traveller: Traveller, kind: str
) -> None:
    (server.folder / ".workflows" / "halves.yaml").write_text(HALVES)
    await server.app[RECONCILER].pipeline.reconcile("main")
    job_id = await server.start_job("t")
    if kind == "plain":
        first = await server.ask_worker_api(
            "jobs/claim", {"worker_id": traveller.worker_id, "capabilities": ["script"], "tags": []}
        )
        names = [first["step_name"] or (await traveller.ask())["steps"][0]["step_name"]]
    elif kind == "new":
        names = [step["step_name"] for step in (await traveller.ask())["steps"]]
    else:
        async with server.app[SERVICES].database.begin() as connection:
            sql = "UPDATE steps SET status = 'running', attempt = 1, worker_id = %s"
            await statement.execute(connection, sql, (traveller.worker_id,))
        names = [step["step_name"] for step in (await traveller.ask(holding=[]))["steps"]]
    assert names == ["whole"]
    job = await server.get(f"/api/jobs/{job_id}")
    errors = {step["step_name"]: step["error_message"] for step in job["steps"]}
    assert errors == {"half": errors["half"], "whole": None}
    assert "half of a surrogate pair" in errors["half"]


async def test_a_worker_whose_systems_are_all_away_is_known_and_gets_no_steps(
    server: Any, traveller: Traveller
) -> None:
    await server.start_job()
    missing = {"script": "no shell"}
    body = {"name": "idle", "capabilities": [], "tags": [], "missing": missing}
    traveller.worker_id = (await server.ask_worker_api("register", body))["worker_id"]
    item = await server.get(f"/api/workers/{traveller.worker_id}")
    assert (item["capabilities"], item["missing"]) == ([], missing)
    assert (await traveller.ask(capabilities=[]))["steps"] == []


async def test_a_heartbeat_changes_what_a_worker_offers(server: Any, traveller: Traveller) -> None:
    beat = {"worker_id": traveller.worker_id, "lease": True}
    missing = {"docker": "The container engine does not answer"}
    await server.ask_worker_api("heartbeat", {**beat, "capabilities": ["script"], "missing": missing})
    assert (await server.get(f"/api/workers/{traveller.worker_id}"))["missing"] == missing
    await server.ask_worker_api("heartbeat", beat)
    assert (await server.get(f"/api/workers/{traveller.worker_id}"))["missing"] == missing
    held = asyncio.create_task(traveller.ask(wait_secs=HOLD_SECS))
    await until_held(server, traveller.worker_id)
    await server.ask_worker_api("heartbeat", {**beat, "capabilities": ["script", "docker"]})
    async with asyncio.timeout(HOLD_SECS / 2):
        assert (await held)["steps"] == []
    item = await server.get(f"/api/workers/{traveller.worker_id}")
    assert (item["capabilities"], item["missing"]) == (["script", "docker"], {})


@pytest.mark.parametrize(
    ("said", "words"), [({"capabilities": []}, "at least one capability"), ({"capabilities": ["fly"]}, "'fly'")]
)
async def test_a_heartbeat_with_capabilities_that_there_are_not(
    server: Any, traveller: Traveller, said: dict[str, Any], words: str
) -> None:
    body = {"worker_id": traveller.worker_id, "lease": True, **said}
    async with server.worker.post("/worker/heartbeat", json=body) as response:
        assert response.status == 400
        assert words in (await response.json())["error"]


async def test_which_attempts_are_running(server: Any, traveller: Traveller) -> None:
    await server.start_job()
    (step,) = (await traveller.ask())["steps"]
    running = {"job_id": step["job_id"], "step_id": step["step_id"], "attempt": 1}
    others = [{**running, "attempt": 2}, {**running, "step_id": 99}, {**running, "job_id": str(uuid.uuid4())}]
    body = {"steps": [others[0], running, *others[1:]]}
    assert await server.ask_worker_api("steps/running", body) == {"steps": [running]}
    await traveller.ask(outcomes=[outcome(step)])
    assert await server.ask_worker_api("steps/running", body) == {"steps": []}
    assert await server.ask_worker_api("steps/running", {"steps": []}) == {"steps": []}
