"""Connections in the input of jobs: checked at the start, masked in answers, used again by re-runs."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

WORKFLOWS = """\
secrets: {password: "hunter2-of-main"}
connection_types:
  postgres:
    host: {required: true}
    port: {type: integer, default: 5432}
    password: {secret: true, default: "{{ secret.password }}"}
  mysql:
    host: {}
connections:
  main: {type: postgres, host: db.example.org}
  replica: {type: postgres, host: replica.example.org, password: hunter2-of-replica}
  old: {type: mysql, host: old.example.org}
actions:
  load:
    type: script
    script: load {{ input.db.host }} {{ input.db.password }}
    input: {db: {type: postgres}}
tasks:
  sync:
    input:
      db: {type: postgres, default: main}
      also: {type: mysql}
    flow: {load: {action: load, input: {db: "{{ input.db }}"}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


async def execute(server: Any, given: Any, **more: Any) -> tuple[int, Any]:
    body = {"input": given, **more}
    async with server.http.post("/api/workspaces/main/tasks/sync/execute", json=body) as response:
        return response.status, await response.json()


async def claimed(worker: Any, job_id: str) -> Any:
    """The step of a job."""

    async def claim() -> Any:
        found = await worker.claim()
        return found if found["job_id"] == job_id else None

    return await eventually(claim, "the step of the job")


async def test_the_task_lists_the_connections_of_each_type(server: Any) -> None:
    task = await server.get("/api/workspaces/main/tasks/sync")
    assert task["connections"] == {"postgres": ["main", "replica"], "mysql": ["old"]}


async def test_a_default_of_the_type_is_filled_in_and_masked(server: Any, plain_worker: Any) -> None:
    _, answer = await execute(server, {})
    claim = await claimed(plain_worker, answer["job_id"])
    assert claim["action_spec"]["script"] == "load db.example.org hunter2-of-main"
    job = await server.get(f"/api/jobs/{answer['job_id']}")
    shown = {"host": "db.example.org", "port": 5432, "password": "••••••"}
    assert job["input"]["db"] == job["steps"][0]["input"]["db"] == shown


@pytest.mark.parametrize(
    ("given", "mistakes"),
    [
        ({"db": "replcia"}, {"input.db": "did you mean 'replica'?"}),
        ({"db": "old"}, {"input.db": "is a connection of type 'mysql', not 'postgres'; of that type: main, replica"}),
        ({"db": 5, "also": ["main"]}, {"input.db": "must be the name", "input.also": "of that type: old"}),
        ({"db": {"port": "many"}}, {"input.db.host": "is required", "input.db.port": "must be a whole number"}),
    ],
)
async def test_every_mistake_is_told_with_its_place(server: Any, given: Any, mistakes: dict[str, str]) -> None:
    status, answer = await execute(server, given)
    assert status == 400
    assert [field["field"] for field in answer["fields"]] == [*mistakes]
    assert all(told in field["message"] for field, told in zip(answer["fields"], mistakes.values(), strict=True))


async def test_a_rerun_takes_masked_properties_from_its_source(server: Any, plain_worker: Any) -> None:
    _, answer = await execute(server, {"db": {"host": "own.example.org", "password": "typed-by-hand"}})
    source = await server.get(f"/api/jobs/{answer['job_id']}")
    assert source["raw_input"]["db"] == {"host": "own.example.org", "password": "••••••"}
    given = {"db": {**source["raw_input"]["db"], "host": "other.example.org"}}
    status, again = await execute(server, given, source_job_id=answer["job_id"])
    assert status == 200
    claim = await claimed(plain_worker, again["job_id"])
    assert claim["action_spec"]["script"] == "load other.example.org typed-by-hand"
    assert "typed-by-hand" not in str(await server.get(f"/api/jobs/{again['job_id']}"))
