"""The calls of the older command line, with the fields that it reads. It reads every body as JSON."""

from typing import Any

import pytest


async def test_each_call_finds_the_fields_that_it_reads(server: Any, plain_worker: Any) -> None:
    (workspace,) = await server.get("/api/workspaces")
    assert {"name", "tasks_count", "actions_count"} <= set(workspace)
    for task in await server.get(f"/api/workspaces/{workspace['name']}/tasks"):
        assert {"id", "mode"} <= set(task)
    async with server.http.post(
        "/api/workspaces/main/tasks/hello/execute", json={"input": {"name": "Ada"}}
    ) as response:
        assert response.status == 200
        job_id = (await response.json())["job_id"]
    await plain_worker.log(await plain_worker.claim(), "hello")
    job = await server.get(f"/api/jobs/{job_id}")
    assert {
        "job_id",
        "workspace",
        "task_name",
        "status",
        "mode",
        "created_at",
        "started_at",
        "completed_at",
    } <= set(job)
    for step in job["steps"]:
        assert {"step_name", "status", "action_name", "error_message"} <= set(step)
    assert (await server.get(f"/api/jobs/{job_id}/logs"))["logs"].endswith('"line":"hello"}\n')
    for item in (await server.get("/api/jobs", limit=20))["items"]:
        assert {"job_id", "task_name", "workspace", "status", "created_at"} <= set(item)
    async with server.http.post(f"/api/jobs/{job_id}/cancel") as response:
        assert (await response.json())["status"] == "cancelled"


@pytest.mark.parametrize(
    "call",
    [
        ("POST", "/api/workspaces/main/tasks/none/execute"),
        ("POST", "/api/workspaces/none/tasks/hello/execute"),
        ("GET", "/api/jobs/none"),
        ("GET", "/api/jobs/00000000-0000-4000-8000-000000000000/artifacts"),
        ("POST", "/api/workspaces/main/state"),
    ],
)
async def test_failures_have_an_error_to_print(server: Any, call: tuple[str, str]) -> None:
    async with server.http.request(*call, json={"input": {}}) as response:
        assert response.status >= 400
        assert (await response.json())["error"]
