"""Re-runs that keep steps with artifacts, with results from the cache, and with large outputs that hide secrets."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER
from stroem.worker.worker import Worker
from tests.server.conftest import Running
from tests.server.worker_api.test_artifacts_of_steps import artifacts_of, content_of
from tests.server.worker_api.test_state_of_steps import end_of, ended, own_worker

WORKFLOWS = """
actions:
  login:
    type: script
    output: {token: {secret: true}}
    script: |
      python3 -c "print('text=' + 'x' * 1500000)" >> $STROEM_OUTPUT
      echo token=made-by-login >> $STROEM_OUTPUT
tasks:
  build:
    input: {mark: {type: string}}
    flow:
      compile: {type: script, cache: {key: "{{ input.mark }}"}, artifacts: [out.txt], script: "echo built > out.txt"}
      each:
        for_each: [a, b]
        steps:
          make: {type: script, artifacts: ["*.bin"], script: "echo {{ each.item }} > {{ each.item }}.bin"}
      check: {type: script, depends_on: [compile, each], script: "test -e {{ input.mark }}"}
  hides:
    input: {mark: {type: string}}
    flow:
      login: {action: login}
      loop: {action: login, for_each: [1, 2]}
      use:
        type: script
        depends_on: [login, loop]
        env: {TOKENS: "{{ login.output.token }} {{ loop.output[1].token }}"}
        script: test "$TOKENS" = "made-by-login made-by-login" && test -e {{ input.mark }}
"""


@pytest.fixture
async def worker(server: Running, tmp_path: Path) -> AsyncIterator[Worker]:
    (server.folder / ".workflows" / "kept.yaml").write_text(WORKFLOWS)
    status = await server.app[RECONCILER].pipeline.reconcile("main")
    assert status.error is None, status.error
    async with own_worker(server, tmp_path / "cache") as running:
        yield running


async def rerun(server: Running, job: Any, **body: Any) -> Any:
    """The re-run of a job, when it has ended."""
    async with server.http.post(f"/api/jobs/{job['job_id']}/rerun", json=body) as response:
        return await end_of(server, (await response.json())["job_id"])


@pytest.mark.usefixtures("worker")
async def test_kept_steps_have_their_artifacts_in_re_runs_and_in_those_of_these(
    server: Running, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    jobs = [await ended(server, "build", mark=str(mark)) for _ in range(2)]
    jobs.append(await rerun(server, jobs[-1], failed=True))
    mark.touch()
    jobs.append(await rerun(server, jobs[-1], failed=True))
    assert [job["status"] for job in jobs] == ["failed", "failed", "failed", "completed"]
    for job in jobs:
        found = await artifacts_of(server, job)
        assert set(found) == {"out.txt", "a.bin", "b.bin"}
        assert await content_of(server, found["out.txt"]) == b"built\n"
        assert await content_of(server, found["b.bin"]) == b"b\n"


@pytest.mark.usefixtures("worker")
async def test_a_large_output_that_hides_secrets_is_not_kept_for_a_step_that_reads_it(
    server: Running, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    first = await ended(server, "hides", mark=str(mark))
    second = await rerun(server, first, failed=True)
    mark.touch()
    third = await rerun(server, second, failed=True)
    assert [job["status"] for job in (first, second, third)] == ["failed", "failed", "completed"]
    kept = {step["step_name"] for step in third["steps"] if step.get("kept_from_job_id")}
    assert kept == set()
