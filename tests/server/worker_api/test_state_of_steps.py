"""State that steps write on a worker, and read in later jobs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stroem.registry.registry import load_plugins
from stroem.settings.worker import WorkerSettings
from stroem.worker.worker import Worker
from tests.server.conftest import TOKEN, Running
from tests.support.wait import eventually

WORKFLOWS = """
tasks:
  count:
    input:
      by: {type: integer, default: 1}
    flow:
      count:
        type: script
        script: |
          test -f "$STATE_DIR/state.json" && cat "$STATE_DIR/state.json"
          echo 'STATE: {"n": {{ state.n | default(0) + input.by }}, "early": true}'
          sleep 0
          echo "OUTPUT: {\\"files\\": \\"$(ls $STATE_DIR)\\"}"
"""


@pytest.fixture
async def stateful(server: Running, tmp_path: Path) -> AsyncIterator[Running]:
    """The server, with tasks that keep state, and a worker of our own."""
    (server.folder / ".workflows" / "state.yaml").write_text(WORKFLOWS)
    await server.http.post("/api/workspaces/main/refresh")
    settings = WorkerSettings(
        server_url=server.url,
        worker_token=TOKEN,
        worker_name="own",
        max_concurrent=2,
        poll_interval_secs=0.1,
        workspace_cache_dir=tmp_path / "cache",
        capabilities=("script",),
    )
    worker = Worker(settings, load_plugins())
    running = asyncio.create_task(worker.run())
    yield server
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def ended(server: Running, task: str, **values: Any) -> Any:
    """A job of a task, when it has ended."""
    job_id = await server.start_job(task, **values)

    async def job() -> Any:
        found = await server.get(f"/api/jobs/{job_id}")
        return found if found["completed_at"] else None

    return await eventually(job)


async def test_what_a_step_prints_is_seen_by_the_next_job(stateful: Running) -> None:
    first = await ended(stateful, "count")
    assert (first["status"], first["output"]) == ("completed", {"count": {"files": ""}})
    second = await ended(stateful, "count", by=5)
    assert (second["status"], second["output"]) == ("completed", {"count": {"files": "state.json"}})
    logs = (await stateful.get(f"/api/jobs/{second['job_id']}/logs"))["logs"]
    assert '{\\"n\\":1,\\"early\\":true}' in logs
    assert '{\\"n\\": 6, ' in logs
