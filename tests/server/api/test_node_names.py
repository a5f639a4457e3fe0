"""Steps in loops and blocks, and second visits: one name in claims, the API, logs and the page of a worker."""

import uuid
from typing import Any

from stroem.server.keys import SERVICES
from stroem.store import statement
from stroem.store.jobs import messages
from stroem.store.jobs.messages import NewMessage
from tests.server.node_tasks import node_fixtures
from tests.server.traveller import Traveller, chunk, outcome

TASKS = {
    "deploy": [
        {"name": "deploy", "kind": "loop", "entry": True, "items": ["a", "b"], "limit": 1, "edges": [{"to": 3}]},
        {"name": "host", "kind": "block", "parent": 0, "entry": True},
        {"name": "test", "parent": 1, "entry": True, "action": "nothing", "retry": {"attempts": 2}},
        {"name": "report", "action": "nothing", "when": "{{ deploy.output }}"},
    ],
    "poll": [
        {"name": "check", "entry": True, "join": "each", "action": "nothing", "edges": [{"to": 1}]},
        {
            "name": "again",
            "kind": "choice",
            "join": "each",
            "edges": [{"to": 2, "test": "{{ check.output.good }}"}, {"to": 0}],
        },
        {"name": "ask", "kind": "approval", "join": "each", "input": {"message": "Done?"}},
    ],
}


registry, folder = node_fixtures(TASKS)


async def steps_of(server: Any, job_id: str) -> dict[str, Any]:
    return {step["step_name"]: step for step in (await server.get(f"/api/jobs/{job_id}"))["steps"]}


async def test_a_step_in_a_block_of_a_loop(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("deploy")
    (first,) = (await traveller.ask())["steps"]
    assert first["step_name"] == "deploy[0].test"
    steps = await steps_of(server, job_id)
    assert {name: step["status"] for name, step in steps.items()} == {
        "deploy": "running",
        "deploy[0]": "running",
        "deploy[0].test": "running",
        "deploy[1]": "pending",
        "report": "pending",
    }
    assert [(steps[name]["loop_source"], steps[name]["loop_index"], steps[name]["loop_total"]) for name in steps] == [
        (None, None, 2),
        ("deploy", 0, 2),
        (None, None, None),
        ("deploy", 1, 2),
        (None, None, None),
    ]
    logs = [chunk(first, 0, "inside")]
    (second,) = (await traveller.ask(outcomes=[outcome(first, output={"n": 1})], logs=logs))["steps"]
    assert second["step_name"] == "deploy[1].test"
    await traveller.ask(outcomes=[outcome(second, exit_code=1)], max_steps=0)
    (again,) = (await traveller.ask(wait_secs=30))["steps"]
    assert (again["step_name"], again["attempt"]) == ("deploy[1].test", 2)
    (report,) = (await traveller.ask(outcomes=[outcome(again, output={"n": 2})]))["steps"]
    await traveller.ask(outcomes=[outcome(report)])
    job = await server.get(f"/api/jobs/{job_id}")
    assert (job["status"], job["output"]) == ("completed", None)
    steps = await steps_of(server, job_id)
    assert (steps["deploy[1].test"]["retry_attempt"], steps["deploy[1].test"]["max_retries"]) == (1, 1)
    (former,) = steps["deploy[1].test"]["retry_history"]
    assert (former["attempt"], former["error"]) == (1, "Process exited with code 1")
    path = f"/api/jobs/{job_id}/steps/deploy[0].test/logs"
    assert '"line":"inside"' in (await server.get(path))["logs"]
    worker = await server.get(f"/api/workers/{traveller.worker_id}")
    named = [step["step_name"] for step in worker["steps"]["items"]]
    assert named == ["report", "deploy[1].test", "deploy[0].test"]


async def test_the_second_visit_of_a_node(server: Any, traveller: Traveller, plain_worker: Any) -> None:
    job_id = await server.start_job("poll")
    (first,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(first, output={"good": False})], max_steps=0)
    second = await plain_worker.claim()
    assert second["step_name"] == "check~2"
    await plain_worker.start(second)
    await plain_worker.log(second, "again")
    await plain_worker.complete(second, output={"good": True})
    steps = await steps_of(server, job_id)
    assert {name: step["status"] for name, step in steps.items()} == {
        "check": "completed",
        "check~2": "completed",
        "again": "completed",
        "again~2": "completed",
        "ask": "suspended",
    }
    assert '"line":"again"' in (await server.get(f"/api/jobs/{job_id}/steps/check~2/logs"))["logs"]
    assert (await server.get(f"/api/jobs/{job_id}/steps/check/logs"))["logs"] == ""
    ask = steps["ask"]
    assert (ask["action_type"], ask["runner"]) == ("approval", "none")
    assert (ask["approval_message"], ask["waiting_reason"]) == ("Done?", "Waiting for an approval")
    assert ask["suspended_at"] is not None
    services = server.app[SERVICES]
    async with services.database.begin() as connection:
        ((step,),) = await statement.fetch(connection, "SELECT id FROM steps WHERE status = 'suspended'")
        answer = {"approved": True, "by": "Ada"}
        message = NewMessage(job_id=uuid.UUID(job_id), kind="resolve", step=step, payload=answer)
        await messages.send(connection, [message])
    await services.job_loop.run_once()
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "completed"
    assert job["output"]["ask"]["approved_by"] == "Ada"


async def test_a_name_that_no_step_has(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("deploy")
    await traveller.ask()
    for name in ("deploy[7]", "test", "deploy[0].other", "deploy[", "deploy~.test"):
        async with server.http.get(f"/api/jobs/{job_id}/steps/{name}/logs") as response:
            assert response.status == 404, name


async def test_a_step_of_the_plan_that_may_still_begin_has_an_empty_log(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("deploy")
    await traveller.ask()
    for name in ("deploy[0]", "deploy[1].test", "deploy~2"):
        assert (await server.get(f"/api/jobs/{job_id}/steps/{name}/logs"))["logs"] == "", name
