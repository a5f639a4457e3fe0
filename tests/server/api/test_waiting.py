"""Why jobs and steps wait, and warnings about full limits."""

import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from stroem.server.keys import SERVICES
from stroem.store import statement
from tests.server.traveller import Traveller, outcome
from tests.support.workspace_files import write_workspace

WORKFLOW = """\
limits: {db: 1, api: {rate: 1 per hour}}
actions: {a: {type: script, script: echo}}
tasks:
  deploy:
    input: {env: {default: prod}}
    concurrency: {key: "{{ input.env }}"}
    flow: {s: {action: a}}
  skip: {concurrency: {policy: skip}, flow: {s: {action: a}}}
  call: {limits: [api], flow: {s: {action: a}}}
  many:
    flow:
      gate: {type: approval, message: go, remind: [5m], timeout: 8h}
      nap: {type: wait, for: 1h}
      go: {type: signal, signal: go}
      gpu: {type: script, script: echo, tags: [gpu]}
      first: {action: a}
      second: {action: a, depends_on: [first, nap]}
      third: {action: a, depends_on: [second]}
      each: {action: a, for_each: [1, 2, 3], sequential: true}
      query: {action: a, for_each: [1, 2], limits: [db]}
      sub: {type: task, task: deploy}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOW)


async def execute(server: Any, task: str, **body: Any) -> Any:
    async with server.http.post(f"/api/workspaces/main/tasks/{task}/execute", json=body) as response:
        return await response.json()


async def drive(server: Any) -> None:
    for _ in range(3):
        await server.app[SERVICES].job_loop.run_once()


async def why(server: Any, job_id: str) -> Any:
    await drive(server)
    return await server.get(f"/api/jobs/{job_id}/waiting")


async def test_a_job_that_waits_for_a_slot_shows_who_has_it_and_who_is_before(server: Any) -> None:
    first, second, third = [await execute(server, "deploy") for _ in range(3)]
    assert (first["warnings"], len(second["warnings"])) == ([], 1)
    assert third["warnings"] == [
        "No slot of the concurrency of task 'deploy' with the key 'prod' is free: the job waits behind 1 other"
    ]
    job = await server.get(f"/api/jobs/{third['job_id']}")
    assert (job["status"], job["waits_for"]) == ("pending", "slot:task:main/deploy/prod")
    assert job["waiting_reason"] == "Waiting for a slot of the concurrency of task 'deploy' with the key 'prod'"
    answer = await why(server, third["job_id"])
    (blocker,) = answer["blockers"]
    assert (blocker["kind"], blocker["step"], blocker["size"], blocker["ahead_count"]) == ("slot", None, 1, 1)
    assert [one["job_id"] for one in blocker["held_by"]] == [first["job_id"]]
    assert [one["job_id"] for one in blocker["ahead"]] == [second["job_id"]]
    assert blocker["since"] is not None
    assert answer["forecast"]["begins"] is None
    assert "no jobs of task 'deploy' have completed" in answer["forecast"]["unknown"]


async def test_a_forecast_comes_from_earlier_jobs(server: Any, traveller: Traveller) -> None:
    for _ in range(3):
        await execute(server, "deploy")
        await drive(server)
        (claim,) = (await traveller.ask())["steps"]
        await traveller.ask(outcomes=[outcome(claim)], max_steps=0)
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(connection, "UPDATE jobs SET started_at = completed_at - interval '100 seconds'")
    first, second = [await execute(server, "deploy") for _ in range(2)]
    await drive(server)
    await traveller.ask()
    running = (await why(server, first["job_id"]))["forecast"]
    assert (running["begins"], running["ends"]["sample_size"], running["unknown"]) == (None, 3, None)
    waiting = (await why(server, second["job_id"]))["forecast"]
    assert waiting["begins"]["likely"] <= waiting["begins"]["late"] < waiting["ends"]["likely"]
    assert waiting["begins"]["likely"][:19] == running["ends"]["likely"][:19]


async def test_a_rate_shows_when_its_window_opens(server: Any) -> None:
    _, second = [await execute(server, "call") for _ in range(2)]
    (blocker,) = (await why(server, second["job_id"]))["blockers"]
    assert (blocker["kind"], blocker["rate"], blocker["size"]) == ("rate", "1 per 3600s", 1_000_000)
    assert blocker["opens_at"] > blocker["since"]


async def test_each_waiting_step_has_its_reason(server: Any, traveller: Traveller) -> None:
    other = await execute(server, "deploy")
    job_id = (await execute(server, "many"))["job_id"]
    answer = await why(server, job_id)
    found = {(one["step"], one["kind"]): one for one in answer["blockers"]}
    assert set(found) == {
        ("gate", "approval"), ("nap", "timer"), ("go", "signal"), ("gpu", "worker"), ("first", "queue"),
        ("second", "dependencies"), ("third", "dependencies"), ("each[0]", "queue"), ("each", "turn"),
        ("query[0]", "queue"), ("query[1]", "slot"), ("sub", "job"),
    }  # fmt: skip
    gate = found["gate", "approval"]
    end, since = (datetime.datetime.fromisoformat(gate[key]) for key in ("until", "since"))
    assert end - since > datetime.timedelta(hours=7), "the end of the approval, not the next reminder"
    assert found["gpu", "worker"]["tags"] == ["gpu"]
    assert found["go", "signal"]["name"] == "go"
    assert found["second", "dependencies"]["steps"] == ["nap", "first"]
    assert found["each", "turn"]["count"] == 2
    assert found["nap", "timer"]["until"] is not None
    counts = [found[step, "queue"]["ahead_count"] for step in ("first", "each[0]", "query[0]")]
    assert len(set(counts)) == 3, "each has another place in the queue"
    assert max(counts) <= 3
    assert found["query[1]", "slot"]["held_by"][0]["step"] == "query[0]"
    child = found["sub", "job"]["job_id"]
    (inner,) = (await why(server, child))["blockers"]
    assert (inner["kind"], inner["held_by"][0]["job_id"]) == ("slot", other["job_id"])
    assert "nobody knows" in answer["forecast"]["unknown"]
    async with server.http.post(f"/api/jobs/{job_id}/pause") as response:
        assert response.status == 200
    paused = (await why(server, job_id))["blockers"][0]
    assert (paused["step"], paused["kind"], paused["by"]) == (None, "pause", "anonymous")


async def test_a_paused_step_is_named_with_the_person_and_the_job_is_not(server: Any, traveller: Traveller) -> None:
    job_id = (await execute(server, "many"))["job_id"]
    for step in ("first", "each[1]"):
        async with server.http.post(f"/api/jobs/{job_id}/steps/{quote(step, safe='')}/pause") as response:
            assert response.status == 200
    answer = await why(server, job_id)
    paused = {one["step"]: (one["text"], one["by"]) for one in answer["blockers"] if one["kind"] == "pause"}
    assert paused == {step: (f"Step {step!r} is paused by anonymous", "anonymous") for step in ("first", "each[1]")}
    assert "nobody knows" in answer["forecast"]["unknown"]


async def test_an_ended_job_waits_for_nothing_and_an_unknown_one_is_not_found(server: Any) -> None:
    await execute(server, "skip")
    second = await execute(server, "skip")
    assert second["warnings"] == ["No slot of the concurrency of task 'skip' is free: the job is skipped"]
    answer = await why(server, second["job_id"])
    assert (answer["status"], answer["blockers"]) == ("skipped", [])
    async with server.http.get("/api/jobs/00000000-0000-4000-8000-000000000000/waiting") as response:
        assert response.status == 404


async def test_a_priority_is_checked(server: Any) -> None:
    started = await execute(server, "deploy", priority=7)
    assert (await server.get(f"/api/jobs/{started['job_id']}"))["priority"] == 7
    refused = await execute(server, "deploy", priority=101)
    assert "priority" in str(refused)
    assert "100" in str(refused)
