"""Requests made from the OpenAPI document: none fails the server, and each answer is as the document says."""

from pathlib import Path

import pytest

from tests.server.conftest import Running
from tests.server.generated_requests import Target, attempt
from tests.server.traveller import chunk

pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
WEBHOOKS = """
triggers:
  in: {type: webhook, name: in, task: hello, input: {name: "{{ body }}"}}
"""


@pytest.fixture
def folder(folder: Path) -> Path:
    """The workspace, with a webhook."""
    (folder / ".workflows" / "webhooks.yaml").write_text(WEBHOOKS)
    return folder


@pytest.fixture
async def target(server: Running) -> Target:
    registered = await server.ask_worker_api("register", {"name": "w", "capabilities": ["script"], "tags": []})
    ask = {"worker_id": registered["worker_id"], "capabilities": ["script"], "max_steps": 1}
    job_ids = [await server.start_job() for _ in range(3)]
    steps = [(await server.ask_worker_api("jobs/claim", ask))["steps"][0] for _ in job_ids]
    ended = {name: steps[0][name] for name in ("job_id", "step_name", "attempt")}
    failed = {**ended, "exit_code": 1, "error": "it failed"}
    logs = [chunk(step, 0, "hello", "world") for step in steps]
    await server.ask_worker_api("jobs/claim", {**ask, "max_steps": 0, "logs": logs, "outcomes": [failed]})
    async with server.http.post(f"/api/jobs/{job_ids[1]}/cancel") as response:
        assert response.status == 200
    names = {
        "workspace": "main",
        "task": "hello",
        "trigger": "in",
        "hook": "in",
        "job_id": job_ids[0],
        "step": steps[0]["step_name"],
        "worker_id": registered["worker_id"],
        "name": "go",
        "number": "1",
        "other": "current",
        "path": ".workflows/main.yaml",
    }
    return Target(server.url, await server.get("/api/openapi.json"), names)


async def test_every_operation(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    await attempt(target, 10, caplog)


@pytest.mark.slow("a property over many examples")
async def test_every_operation_often(target: Target, caplog: pytest.LogCaptureFixture) -> None:
    await attempt(target, 50, caplog)
