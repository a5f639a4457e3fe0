"""Limits of input fields hold for people, sub-tasks and answers to approvals."""

from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

WORKFLOWS = """\
tasks:
  scale:
    input:
      replicas: {type: integer, min: 0, max: 10}
      version: {pattern: '[0-9.]+', max_length: 8, required: true}
      hosts: {multiple: true, min_items: 1, options: [a, b]}
    flow: {go: {type: wait, for: 1h}}
  ask:
    flow:
      gate:
        type: approval
        message: How many?
        input:
          replicas: {type: integer, min: 1, default: 2}
          version: {type: string, pattern: '[0-9.x]+', required: true}
      child:
        type: task
        task: scale
        depends_on: [gate]
        input: {replicas: "{{ gate.output.input.replicas }}", version: "{{ gate.output.input.version }}"}
"""
FIRES = """
triggers:
  bell: {type: webhook, name: bell, task: ask, input: {db: "{{ body.db }}"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


async def post(server: Any, path: str, body: Any) -> tuple[int, Any]:
    async with server.http.post(path, json=body) as response:
        return response.status, await response.json()


async def test_a_task_shows_the_limits_that_are_set_and_no_others(server: Any) -> None:
    fields = (await server.get("/api/workspaces/main/tasks/scale"))["input"]
    assert fields["replicas"] == {"type": "integer", "min": 0, "max": 10}
    assert fields["version"] == {"type": "string", "required": True, "pattern": "[0-9.]+", "max_length": 8}
    assert fields["hosts"] == {"type": "string", "multiple": True, "options": ["a", "b"], "min_items": 1}


async def test_execute_tells_every_mistake(server: Any) -> None:
    given = {"replicas": -1, "version": "version-1", "hosts": []}
    status, answer = await post(server, "/api/workspaces/main/tasks/scale/execute", {"input": given})
    assert status == 400
    assert answer["fields"] == [
        {"field": "input.replicas", "message": "must be at least 0"},
        {"field": "input.version", "message": "must have at most 8 characters, has 9"},
        {"field": "input.version", "message": "must match the pattern [0-9.]+"},
        {"field": "input.hosts", "message": "must have at least 1 items, has 0"},
    ]


async def test_a_form_has_limits_and_so_has_the_sub_task_behind_it(server: Any) -> None:
    _, started = await post(server, "/api/workspaces/main/tasks/ask/execute", {"input": {}})
    job = f"/api/jobs/{started['job_id']}"
    approve = f"{job}/steps/gate/approve"
    (gate, _) = (await server.get(job))["steps"]
    assert gate["approval_fields"]["replicas"] == {"type": "integer", "default": 2, "min": 1}
    status, answer = await post(server, approve, {"approved": True, "input": {"replicas": 0, "version": "one"}})
    assert status == 400
    assert [field["field"] for field in answer["fields"]] == ["input.replicas", "input.version"]
    status, _ = await post(server, approve, {"approved": True, "input": {"replicas": 11, "version": "1.x"}})
    assert status == 200

    async def ended() -> Any:
        found = await server.get(job)
        return found if found["status"] == "failed" else None

    child = (await eventually(ended, "the job has failed"))["steps"][1]
    assert child["error_message"] == (
        "The input is not valid: input.replicas must be at most 10; input.version must match the pattern [0-9.]+."
    )


async def test_the_key_of_large_outputs_is_refused_in_what_people_give(server: Any) -> None:
    forged = {"x": {"$large_output": {"digest": "0" * 64, "size": 5}}}
    mistake = {"field": "input.db", "message": "has the key '$large_output', which is reserved"}
    status, answer = await post(server, "/api/workspaces/main/tasks/scale/execute", {"input": {"db": [forged]}})
    assert (status, answer["fields"]) == (400, [mistake])
    _, started = await post(server, "/api/workspaces/main/tasks/ask/execute", {"input": {}})
    job = f"/api/jobs/{started['job_id']}"
    approval = {"approved": True, "input": {"version": "1", "db": forged}}
    status, answer = await post(server, f"{job}/steps/gate/approve", approval)
    assert (status, answer["fields"]) == (400, [mistake])
    status, answer = await post(server, f"{job}/signals/go", {"payload": forged})
    assert (status, answer["fields"]) == (400, [{**mistake, "field": "payload.x"}])


async def test_the_key_of_large_outputs_is_refused_in_fires(server: Any) -> None:
    (server.folder / ".workflows" / "fires.yaml").write_text(FIRES)
    await server.app[RECONCILER].pipeline.reconcile("main", cause="person")
    forged = {"$large_output": {"digest": "0" * 64, "size": 5}}
    status, answer = await post(server, "/api/workspaces/main/triggers/bell/fire", {"input": {"db": forged}})
    assert (status, "input.db has the key '$large_output', which is reserved" in answer["error"]) == (400, True)
    status, answer = await post(server, "/hooks/bell", {"db": forged})
    assert status == 400
    assert not (await server.get("/api/jobs"))["items"]
