"""Steps that no worker can run, as one sees them who follows the job."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from stroem.cli.client import unmet_needs
from stroem.cli.client.client import Client
from stroem.cli.client.watch_job import watch_log
from stroem.cli.output.job_view import QuietView
from stroem.cli.program.options import Address
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
tasks:
  build:
    flow:
      compile: {type: script, language: go, script: x}
      package: {type: script, language: go, script: x}
"""


class Notes(QuietView):
    """Keeps the lines that it is to show."""

    def __init__(self) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()

    def note(self, line: str) -> None:
        self.lines.put_nowait(line)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with steps in Go."""
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
def overrides() -> dict[str, str]:
    """A server that lets steps wait as long as the test needs."""
    return {"STROEM__RECOVERY__UNMATCHED_STEP_TIMEOUT_SECS": "600"}


async def test_who_follows_a_job_is_told_which_ability_no_worker_has(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unmet_needs, "QUIET_SECS", 0.01)
    monkeypatch.setattr(unmet_needs, "AGAIN_SECS", 0.01)
    await server.ask_worker_api("register", {"name": "sh", "capabilities": ["script"], "languages": []})
    async with server.http.post("/api/workspaces/main/tasks/build/execute", json={"input": {}}) as response:
        job = (await response.json())["job_id"]
    view = Notes()
    async with Client(Address(server.url)) as client:
        watching = asyncio.create_task(watch_log(client, job, view))
        line = await view.lines.get()
        assert line == (
            "compile and 1 more step wait: No active worker offers lang:go; the step fails when that lasts 600 seconds"
        )
        async with server.http.post(f"/api/jobs/{job}/cancel", json={}) as response:
            assert response.status == 200
        assert (await watching)["status"] == "cancelled"
    assert view.lines.empty()
