"""Tokens of steps on other machines, which the server signs."""

from pathlib import Path
from typing import Any

import pytest

from tests.server.machines.conftest import Answer, Machine, call
from tests.server.traveller import outcome
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
actions: {build: {type: docker, image: alpine, cmd: make}}
tasks: {build: {flow: {build: {action: build}}}}
"""
DOCKER = {"capabilities": ["docker"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
async def claimed(server: Any, machine: Any) -> tuple[Machine, Any]:
    """A worker with a running step in a container."""
    owner = await machine("owner", DOCKER)
    await server.start_job("build")
    (step,) = (await owner.ask(**DOCKER))[1]["steps"]
    return owner, step


async def test_a_step_fetches_its_files_and_sends_back_what_it_leaves(
    server: Any, machine: Any, claimed: tuple[Machine, Any]
) -> None:
    owner, step = claimed
    intruder = await machine("intruder", DOCKER)

    async def ask(method: str, path: str, **more: Any) -> Answer:
        return await call(server.http, method, f"/worker/{path}", step["grant"], **more)

    files = {"params": {"revision": step["revision"]}}
    assert (await ask("GET", "workspace/main.tar.gz", **files))[0] == 200
    assert (await ask("GET", "state/main/build"))[0] == 204
    assert (await ask("GET", "workspace/main.tar.gz", params={"revision": "0" * 64}))[0] == 401
    assert (await ask("GET", "state/main/other"))[0] == 401
    assert (await ask("POST", "heartbeat", json={"worker_id": owner.worker_id}))[0] == 401
    status, kept = await ask("POST", "step-files", data=b"what the step has left")
    assert status == 201
    taken = f"step-files/{kept['sha256']}"
    assert await owner.call("GET", taken) == (200, b"what the step has left")
    assert (await intruder.call("GET", taken))[0] == 404
    await owner.ask(**DOCKER, max_steps=0, outcomes=[outcome(step, step_id=step["step_id"])])
    assert (await ask("GET", "workspace/main.tar.gz", **files))[0] == 401
    assert (await ask("POST", "step-files", data=b"late"))[0] == 401
    assert (await owner.call("GET", taken))[0] == 404


async def test_an_attempt_sends_only_so_many_tars(server: Any, claimed: tuple[Machine, Any]) -> None:
    owner, step = claimed
    for number in range(20):
        sent = await call(server.http, "POST", "/worker/step-files", step["grant"], data=f"tar {number}".encode())
        assert sent[0] == 201
    status, error = await call(server.http, "POST", "/worker/step-files", step["grant"], data=b"one more")
    assert (status, error["error"]) == (429, "This attempt of the step has sent 20 tars already")
    assert (await owner.call("GET", "step-files/" + sent[1]["sha256"]))[0] == 200
