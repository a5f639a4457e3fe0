"""The steps and jobs that wait, one by one."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.api.test_waiting import WORKFLOW, drive, execute
from tests.support.workspace_files import write_workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    together = "  together: {mode: local, flow: {first: {action: a}, rest: {action: a}}}\n"
    return write_workspace(tmp_path / "workspace", WORKFLOW + together)


async def pages(server: Any, **parameters: Any) -> list[Any]:
    """All items, read one a page, which must be those of a single page."""
    whole = await server.get("/api/queue/steps", **parameters)
    assert "next_cursor" not in whole
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await server.get("/api/queue/steps", limit=1, **cursor, **parameters)
        items += page["items"]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert items == whole["items"]
    return items


async def test_ready_steps_in_the_order_of_the_queue(server: Any, plain_worker: Any) -> None:
    low = (await execute(server, "skip", priority=-5))["job_id"]
    many = (await execute(server, "many"))["job_id"]
    await drive(server)
    items = await pages(server)
    assert {(item["job_id"], item["step_name"]) for item in items[:-1]} >= {(many, "gpu"), (many, "first")}
    last = items[-1]
    assert (last["job_id"], last["step_name"], last["priority"], last["task_name"]) == (low, "s", -5, "skip")
    blocker = last["blocker"]
    assert (blocker["kind"], blocker["text"]) == ("queue", "Waiting for a free slot of a worker")
    assert (await plain_worker.claim())["job_id"] == items[0]["job_id"]


async def test_groups_of_ready_steps(server: Any, plain_worker: Any) -> None:
    await execute(server, "many")
    await drive(server)
    (gpu,) = await pages(server, ability="script", tags="gpu")
    assert (gpu["step_name"], gpu["blocker"]["kind"], gpu["blocker"]["tags"]) == ("gpu", "worker", ["gpu"])
    assert "gpu" not in {item["step_name"] for item in await pages(server, tags="")}
    assert await pages(server, ability="docker") == []


async def test_jobs_and_steps_that_wait_for_slots(server: Any) -> None:
    first, second = [(await execute(server, "deploy"))["job_id"] for _ in range(2)]
    many = (await execute(server, "many"))["job_id"]
    await drive(server)
    items = await pages(server, held="slot")
    named = {(item["job_id"], item["step_name"]) for item in items}
    assert named >= {(second, None), (many, "query[1]")}
    (job,) = [item for item in items if item["job_id"] == second]
    assert (job["blocker"]["kind"], job["blocker"]["held_by"][0]["job_id"]) == ("slot", first)
    queue = await server.get("/api/queue")
    assert queue["held_jobs"] == sum(item["step_name"] is None for item in items)


@pytest.mark.parametrize(
    ("held", "step"), [("approval", "gate"), ("timer", "nap"), ("signal", "go"), ("placement", "rest")]
)
async def test_steps_that_something_holds(server: Any, held: str, step: str) -> None:
    task = "together" if held == "placement" else "many"
    jobs = {(await execute(server, task))["job_id"] for _ in range(2)}
    await drive(server)
    items = await pages(server, held=held)
    assert {item["job_id"] for item in items} == jobs
    assert {(item["step_name"], item["blocker"]["kind"]) for item in items} == {(step, held)}


@pytest.mark.parametrize("parameters", [{"cursor": "abc"}, {"cursor": "MQox"}, {"held": "slot", "ability": "script"}])
async def test_parameters_that_are_refused(server: Any, parameters: dict[str, str]) -> None:
    async with server.http.get("/api/queue/steps", params=parameters) as response:
        assert response.status == 400, await response.text()
