"""Secrets that one task has put into the state are masked in the jobs of another."""

from pathlib import Path

import pytest

from stroem.redaction.redactor import MARKER
from tests.server.conftest import PlainWorker, Running
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
secrets: {token: a-very-secret-token, other: another-secret-value}
tasks:
  reads:
    flow:
      say: {type: script, script: "say {{ global_state.login }}"}
  plain:
    flow:
      say: {type: script, script: "say hello"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


async def test_a_task_that_reads_state_hides_all_secrets_of_its_workspace(
    server: Running, plain_worker: PlainWorker
) -> None:
    async with server.http.post("/api/workspaces/main/state", params={"login": "a-very-secret-token"}) as response:
        assert response.status == 201, await response.text()
    job_id = await server.start_job("reads")
    claim = await plain_worker.claim()
    assert claim["action_spec"]["script"] == "say a-very-secret-token"
    await plain_worker.log(claim, "a-very-secret-token", "another-secret-value")
    await plain_worker.complete(claim, output={"said": "a-very-secret-token"})
    logs = (await server.get(f"/api/jobs/{job_id}/logs"))["logs"]
    assert "secret" not in logs
    assert logs.count(MARKER) == 2
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["output"] == {"say": {"said": MARKER}}
