"""Commands with an API key that is too narrow for them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.auth.conftest import Person, refused, run
from tests.support.wait import eventually

NEEDED = "the right logs.read is needed for task main/demo/hello"
EXPLAIN = "stroem auth explain logs.read main/demo/hello"


@pytest.fixture
async def key(ada: Person, file: Path) -> str:
    """A key that starts and sees jobs, and reads no logs."""
    wanted = {"name": "runner", "verbs": ["job.run", "job.read", "task.read", "workspace.read"]}
    return str((await ada.post("/api/auth/api-keys", wanted))["key"])


async def test_a_refused_stream_names_the_right(server: Any, key: str) -> None:
    told = await refused(server, "trigger", "hello", "name=Ada", "--follow", token=key)
    assert NEEDED in told
    assert EXPLAIN in told
    assert "goes on. See: stroem status" in told
    assert "refused the stream" not in told


async def test_logs_name_the_right(server: Any, ada: Person, key: str) -> None:
    job = (await ada.post("/api/workspaces/main/tasks/hello/execute", {"input": {"name": "Ada"}}))["job_id"]
    for more in ((), ("--follow",), ("--follow", "--tail", "0")):
        told = await refused(server, "logs", job, *more, token=key)
        assert NEEDED in told
        assert EXPLAIN in told


async def test_a_job_is_waited_for_without_its_log(server: Any, ada: Person, key: str) -> None:
    async def started() -> str | None:
        jobs = (await ada.get("/api/jobs"))["items"]
        return jobs[0]["job_id"] if jobs else None

    waiting = asyncio.create_task(run(server, "trigger", "hello", "name=Ada", "--wait", token=key))
    job = await eventually(started)
    await ada.post(f"/api/jobs/{job}/cancel")
    result = await waiting
    assert result.exit_code == 3, result.output
    assert f"Job {job} cancelled" in result.stderr


async def test_a_right_of_the_server_is_explained(server: Any, key: str) -> None:
    told = await refused(server, "users", "list", token=key)
    assert "stroem auth explain user.manage\n" in told
