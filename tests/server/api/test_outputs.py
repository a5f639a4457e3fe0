"""Outputs over the API: large ones by their own routes, declared secrets, kinds of errors."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from stroem.redaction.redactor import MARKER
from tests.server.conftest import PlainWorker, Running
from tests.support.workspace_files import write_workspace

LARGE = {"text": "x" * 1_200_000, "password": "the s3cr3t-value"}
WORKFLOWS = """
secrets:
  db: {password: s3cr3t-value}
actions:
  login:
    type: script
    script: login {{ secret.db.password }}
    output: {token: {secret: true}, level: {default: low}}
tasks:
  make:
    flow:
      make: {type: script, script: make, retry: {max_attempts: 1, delay: 1}}
  both:
    flow:
      each: {action: login, for_each: [a, b]}
  login:
    flow:
      login: {action: login}
      next: {type: script, script: "use {{ login.output.token }}", depends_on: [login]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.mark.filterwarnings("ignore:Sending a large body")
async def test_a_large_output_is_shown_by_its_size_and_read_at_its_url(
    server: Running, plain_worker: PlainWorker
) -> None:
    job_id = await server.start_job("both")
    for name in ("each[0]", "each[1]"):
        claim = await plain_worker.claim()
        await plain_worker.complete(claim, output={**LARGE, "name": claim["step_name"]})
        assert claim["step_name"] == name
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "completed"
    steps = {step["step_name"]: step for step in job["steps"]}
    marker = steps["each[0]"]["output"]["$large_output"]
    assert marker["size"] > 1_200_000
    assert marker["url"] == f"/api/jobs/{job_id}/steps/each%5B0%5D/output"
    shown = {"text": LARGE["text"], "password": f"the {MARKER}", "level": "low"}
    assert await read(server, marker["url"]) == {**shown, "name": "each[0]"}
    both = [{**shown, "name": f"each[{number}]"} for number in (0, 1)]
    (first, _) = steps["each"]["output"]
    assert await read(server, first["$large_output"]["url"]) == both
    assert await read(server, f"/api/jobs/{job_id}/output") == {"each": both}
    async with server.http.get(f"/api/jobs/{job_id}") as response:
        assert len(await response.read()) < 10_000


async def read(server: Running, url: str) -> Any:
    async with server.http.get(aiohttp.client.URL(server.url + url, encoded=True)) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "application/json"
        return await response.json()


async def test_outputs_of_other_steps_are_read_there_too(server: Running, plain_worker: PlainWorker) -> None:
    job_id = await server.start_job("make")
    assert await server.get(f"/api/jobs/{job_id}/steps/make/output") is None
    assert await server.get(f"/api/jobs/{job_id}/output") is None
    await plain_worker.complete(await plain_worker.claim(), output={"n": "s3cr3t-value"})
    assert await server.get(f"/api/jobs/{job_id}/steps/make/output") == {"n": MARKER}
    for path, kind in (("steps/mak/output", "Step"), ("output", "Job")):
        job = job_id if kind == "Step" else "00000000-0000-0000-0000-000000000000"
        async with server.http.get(f"/api/jobs/{job}/{path}") as response:
            assert response.status == 404
            assert kind in (await response.json())["error"]


async def test_each_attempt_of_an_older_worker_has_its_kind_and_its_exit_code(
    server: Running, plain_worker: PlainWorker
) -> None:
    job_id = await server.start_job("make")
    await plain_worker.complete(await plain_worker.claim(), exit_code=75, error="no luck")
    (step,) = (await server.get(f"/api/jobs/{job_id}"))["steps"]
    (former,) = step["retry_history"]
    assert (former["attempt"], former["error_kind"], former["exit_code"]) == (1, "exit", 75)
    assert former["worker_id"] == plain_worker.worker_id
    assert (step["status"], step["error_kind"], step["exit_code"]) == ("pending", "exit", 75)


async def test_a_secret_output_of_an_older_worker_is_masked(server: Running, plain_worker: PlainWorker) -> None:
    job_id = await server.start_job("login")
    claim = await plain_worker.claim()
    await plain_worker.log(claim, 'OUTPUT: {"token": "made-up-token"}')
    await plain_worker.complete(claim, output={"token": "made-up-token"})
    following = await plain_worker.claim()
    assert following["action_spec"]["script"] == "use made-up-token"
    await plain_worker.log(following, "using made-up-token")
    await plain_worker.complete(following)
    job = await server.get(f"/api/jobs/{job_id}")
    assert {step["step_name"]: step["output"] for step in job["steps"]} == {
        "login": {"token": MARKER, "level": "low"},
        "next": None,
    }
    logs = (await server.get(f"/api/jobs/{job_id}/logs"))["logs"]
    assert "made-up-token" not in logs
    assert logs.count(MARKER) == 2
