"""Ids of steps in the messages of workers: preferred to the name, and not needed."""

from typing import Any

import pytest

from tests.server.traveller import Traveller, chunk, outcome

UNKNOWN_ID = 1000


@pytest.fixture
async def step(server: Any, traveller: Traveller) -> Any:
    """A step that the worker has."""
    await server.start_job()
    (claim,) = (await traveller.ask())["steps"]
    return claim


@pytest.fixture(params=["with the id", "with another name", "without an id"])
def named(request: pytest.FixtureRequest, step: Any) -> dict[str, Any]:
    """The names of the step in the worker's messages."""
    known = {key: step[key] for key in ("job_id", "step_name", "step_id", "attempt")}
    if request.param == "with another name":
        known["step_name"] = "second"
    if request.param == "without an id":
        del known["step_id"]
    return known


async def statuses(server: Any, step: Any) -> dict[str, str]:
    job = await server.get(f"/api/jobs/{step['job_id']}")
    return {one["step_name"]: one["status"] for one in job["steps"]}


async def upload(server: Any, traveller: Traveller, step: Any, **query: Any) -> int:
    path = f"/worker/jobs/{step['job_id']}/steps/{step['step_name']}/log"
    params = {"attempt": 1, "chunk": 0, "lines": 1, "worker_id": traveller.worker_id, **query}
    data = chunk(step, 0, "a")["data"].encode()
    async with server.worker.post(path, params=params, data=data) as response:
        return int(response.status)


async def test_steps_of_a_job_have_ids_of_their_own(server: Any, traveller: Traveller, step: Any) -> None:
    (following,) = (await traveller.ask(outcomes=[outcome(step, output={"greeting": "Hi"})]))["steps"]
    assert {step["step_id"], following["step_id"]} == {1, 2}


async def test_outcomes_and_lines(server: Any, traveller: Traveller, step: Any, named: dict[str, Any]) -> None:
    lines = {**chunk(step, 0, "a", "b"), **named}
    await traveller.ask(logs=[lines], outcomes=[{**named, "exit_code": 3}])
    assert await statuses(server, step) == {"say-first": "failed", "second": "skipped"}
    log = await server.get(f"/api/jobs/{step['job_id']}/steps/say-first/logs")
    assert log["logs"].encode() == lines["data"].encode()


async def test_an_upload(server: Any, traveller: Traveller, step: Any, named: dict[str, Any]) -> None:
    query = {"step_id": named["step_id"]} if "step_id" in named else {}
    assert await upload(server, traveller, {**step, **named}, **query) == 200
    log = await server.get(f"/api/jobs/{step['job_id']}/steps/say-first/logs")
    assert log["logs"].count("\n") == 1


async def test_an_inventory(server: Any, traveller: Traveller, step: Any, named: dict[str, Any]) -> None:
    answer = await traveller.ask(holding=[named])
    assert (answer["steps"], answer["cancel"]) == ([], [])
    unknown = {**named, "attempt": 2}
    answer = await traveller.ask(holding=[unknown])
    assert (answer["steps"], answer["cancel"]) == ([step], [unknown])


async def test_an_unknown_id_changes_nothing(server: Any, traveller: Traveller, step: Any) -> None:
    unknown = {**step, "step_id": UNKNOWN_ID}
    answer = await traveller.ask(
        logs=[{**chunk(step, 0, "a"), "step_id": UNKNOWN_ID}], outcomes=[{**outcome(step), "step_id": UNKNOWN_ID}]
    )
    assert answer["steps"] == []
    assert await upload(server, traveller, unknown, step_id=UNKNOWN_ID) == 409
    assert await statuses(server, step) == {"say-first": "running", "second": "pending"}
    assert (await server.get(f"/api/jobs/{step['job_id']}/logs"))["total"] == 0


@pytest.mark.parametrize("step_id", [0, -1, 2**31])
async def test_numbers_that_are_no_ids(server: Any, traveller: Traveller, step: Any, step_id: int) -> None:
    assert await upload(server, traveller, step, step_id=step_id) == 400
    body = {"worker_id": traveller.worker_id, "capabilities": ["script"], "max_steps": 0}
    request = {**body, "outcomes": [{**outcome(step), "step_id": step_id}]}
    async with server.worker.post("/worker/jobs/claim", json=request) as response:
        assert response.status == 400
        assert "step_id" in (await response.json())["error"]


async def test_a_plain_worker_gets_no_id(server: Any, plain_worker: Any) -> None:
    await server.start_job()
    claim = await plain_worker.claim()
    assert claim["step_name"] == "say-first"
    assert "step_id" not in claim
