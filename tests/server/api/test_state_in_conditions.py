"""Templates that the server evaluates see the current state."""

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import orjson
import pytest

from stroem.registry.plugin import Plugin
from stroem.registry.registry import Registry
from tests.server.conftest import Running

TASKS = {
    "guarded": [
        {
            "name": "go",
            "entry": True,
            "action": "nothing",
            "when": "{{ state.go | default(value=false) and global_state.go }}",
        },
    ],
    "loops": [
        {
            "name": "each",
            "kind": "loop",
            "entry": True,
            "items": "{{ state.hosts | default(value='') | split(pat=',') }}",
        },
        {"name": "host", "parent": 0, "entry": True, "action": "nothing"},
    ],
}


@pytest.fixture
def registry() -> Registry:
    own = EntryPoint(name="nodes", value="tests.server.node_plugin", group="stroem")
    return Registry(tuple(Plugin(one) for one in (*entry_points(group="stroem"), own)))


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / ".workflows" / "own.nodes.json").write_bytes(orjson.dumps(TASKS))
    (folder / ".workflows" / "actions.yaml").write_text('actions: {nothing: {type: script, script: "true"}}')
    return folder


async def statuses(server: Running, task: str) -> list[str]:
    """The statuses of the steps of a new job."""
    job = await server.get(f"/api/jobs/{await server.start_job(task)}")
    return [step["status"] for step in job["steps"]]


async def set_state(server: Running, path: str, **values: str) -> None:
    async with server.http.post(f"/api/workspaces/main/{path}state", params=values) as response:
        assert response.status == 201, await response.text()


async def test_a_condition_reads_the_state(server: Running) -> None:
    assert await statuses(server, "guarded") == ["skipped"]
    await set_state(server, "tasks/guarded/", go="yes")
    await set_state(server, "", go="yes")
    assert await statuses(server, "guarded") == ["ready"]
    await set_state(server, "tasks/guarded/", other="yes")
    assert await statuses(server, "guarded") == ["skipped"]


async def test_a_loop_reads_the_state(server: Running) -> None:
    await set_state(server, "tasks/loops/", hosts="a,b,c")
    assert (await statuses(server, "loops")).count("ready") == 3
