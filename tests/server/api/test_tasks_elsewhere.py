"""Steps that start tasks of other workspaces of the server."""

from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from tests.server.traveller import Traveller, outcome

OPS = """
tasks:
  shared:
    callable_from: main
    input: {word: {required: true}}
    flow: {say: {type: script, script: "echo {{ input.word }}"}}
  closed:
    flow: {say: {type: script, script: echo}}
"""
MAIN = """
tasks:
  good: {flow: {call: {type: task, workspace: ops, task: shared, input: {word: hi}}}}
  bad:
    flow:
      closed: {type: task, workspace: ops, task: closed}
      typo: {type: task, workspace: ops, task: share}
      nowhere: {type: task, workspace: oops, task: shared}
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / ".workflows/calls.yaml").write_text(MAIN)
    return folder


@pytest.fixture
def overrides(tmp_path: Path) -> dict[str, str]:
    workflows = tmp_path / "ops" / ".workflows"
    workflows.mkdir(parents=True)
    (workflows / "ops.yaml").write_text(OPS)
    return {
        "STROEM__WORKSPACES__ops__TYPE": "folder",
        "STROEM__WORKSPACES__ops__PATH": str(workflows.parent),
    }


@pytest.fixture
async def ops(server: Any) -> None:
    await server.app[RECONCILER].pipeline.reconcile("ops")


async def start(server: Any, task: str) -> Any:
    async with server.http.post(f"/api/workspaces/main/tasks/{task}/execute", json={}) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_the_job_is_one_of_the_other_workspace(server: Any, ops: None, traveller: Traveller) -> None:
    started = await start(server, "good")
    assert started["warnings"] == []
    (step,) = (await traveller.ask())["steps"]
    child = await server.get(f"/api/jobs/{step['job_id']}")
    assert (step["workspace"], child["workspace"], child["task_name"]) == ("ops", "ops", "shared")
    assert (child["source_type"], child["source_id"]) == ("task", started["job_id"])
    await traveller.ask(outcomes=[outcome(step)], max_steps=0)
    await server.app[SERVICES].job_loop.run_once()
    assert (await server.get(f"/api/jobs/{started['job_id']}"))["status"] == "completed"


async def test_what_cannot_start_says_why(server: Any, ops: None) -> None:
    started = await start(server, "bad")
    steps = {one["step_name"]: one for one in (await server.get(f"/api/jobs/{started['job_id']}"))["steps"]}
    assert {one["status"] for one in steps.values()} == {"failed"}
    assert "`callable_from` of the task must list that" in steps["closed"]["error_message"]
    assert "Did you mean 'shared'" in steps["typo"]["error_message"]
    assert "Did you mean 'ops'" in steps["nowhere"]["error_message"]
    assert len(started["warnings"]) == 3
