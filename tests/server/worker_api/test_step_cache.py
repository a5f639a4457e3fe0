"""Steps that take the result of an earlier step of the same key."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement
from stroem.worker.worker import Worker
from tests.server.conftest import Running
from tests.server.worker_api.test_artifacts_of_steps import artifacts_of, content_of
from tests.server.worker_api.test_state_of_steps import end_of, ended, log_of, own_worker
from tests.support.wait import eventually

WORKFLOWS = """
secrets: {token: a-secret-token}
actions:
  compile:
    type: script
    input: {flags: {type: string, default: "-O2"}}
    artifacts: dist
    cache: {ttl: 1h, files: [src/**]}
    env: {FLAGS: "{{ input.flags }}"}
    script: |
      echo run >> {{ input.folder }}/runs
      mkdir -p dist && echo "$FLAGS" > dist/out.txt
      echo "OUTPUT: {\\"runs\\": $(wc -l < {{ input.folder }}/runs)}"
  tell: {type: script, script: "true"}
tasks:
  build:
    input: {folder: {type: string}, flags: {type: string, default: "-O2"}, key: {type: string, default: a}}
    flow:
      compile: {action: compile, cache: {key: "{{ input.key }}", files: [src/**]}}
      use:
        type: script
        depends_on: [compile]
        when: "{{ compile.output.runs > 0 }}"
        script: "echo 'OUTPUT: {{ compile.output.runs }}'"
  told:
    input: {folder: {type: string}}
    flow:
      compile: {action: compile}
    on_success:
      - {action: tell, input: {name: "{{ hook.artifacts[0].name }}", url: "{{ hook.artifacts[0].url }}"}}
  fails:
    input: {folder: {type: string}}
    flow:
      fail: {type: script, cache: {}, script: "echo run >> {{ input.folder }}/runs; exit 1"}
  secretive:
    input: {folder: {type: string}}
    flow:
      tell:
        type: script
        cache: {}
        env: {TOKEN: "{{ secret.token }}"}
        script: |
          echo run >> {{ input.folder }}/runs
          echo "OUTPUT: {\\"token\\": \\"$TOKEN\\"}"
  declares:
    input: {folder: {type: string}}
    flow:
      tell:
        type: script
        cache: {}
        output: {token: {secret: true}}
        script: |
          echo run >> {{ input.folder }}/runs
          echo token=made-by-the-step >> $STROEM_OUTPUT
  stateful:
    input: {folder: {type: string}}
    flow:
      count: {type: script, cache: {}, script: "echo run >> {{ input.folder }}/runs; echo 'STATE: {\\"n\\": 1}'"}
  loops:
    input: {folder: {type: string}}
    flow:
      item:
        type: script
        for_each: [1, 2, 3]
        cache: {key: v1}
        script: "echo run >> {{ input.folder }}/runs; echo 'OUTPUT: {{ each.item }}'"
  broken:
    flow:
      broken: {type: script, cache: {key: "{{ input.none.at_all }}"}, script: "true"}
  parent:
    input: {folder: {type: string}}
    flow:
      child: {type: task, task: build, input: {folder: "{{ input.folder }}"}}
"""


@pytest.fixture
async def caching(server: Running) -> Running:
    """The server, with tasks whose steps have a cache."""
    (server.folder / "src").mkdir()
    (server.folder / "src" / "main.c").write_text("int main;")
    (server.folder / ".workflows" / "cache.yaml").write_text(WORKFLOWS)
    await reconciled(server)
    return server


@pytest.fixture
async def worker(caching: Running, tmp_path: Path) -> AsyncIterator[Worker]:
    async with own_worker(caching, tmp_path / "cache") as running:
        yield running


async def reconciled(server: Running) -> None:
    """Reads the changed files of the workspace."""
    status = await server.app[RECONCILER].pipeline.reconcile("main")
    assert status.error is None, status.error


async def uncached(server: Running, task: str, **values: Any) -> Any:
    """A job without the cache, when it has ended."""
    body = {"input": values, "cache": False}
    async with server.http.post(f"/api/workspaces/main/tasks/{task}/execute", json=body) as response:
        return await end_of(server, (await response.json())["job_id"])


def runs(folder: Path) -> int:
    """The number of times that a step has run."""
    path = folder / "runs"
    return len(path.read_text().splitlines()) if path.exists() else 0


def step_of(job: Any, name: str) -> Any:
    return next(step for step in job["steps"] if step["step_name"] == name)


@pytest.mark.usefixtures("worker")
async def test_a_result_is_used_again_with_its_artifacts(caching: Running, tmp_path: Path) -> None:
    first = await ended(caching, "build", folder=str(tmp_path))
    second = await ended(caching, "build", folder=str(tmp_path))
    assert [(job["status"], job["output"]) for job in (first, second)] == [("completed", {"use": 1})] * 2
    assert runs(tmp_path) == 1
    compiled = step_of(second, "compile")
    assert compiled["cached_from"] == {"job_id": first["job_id"], "step_name": "compile"}
    assert (compiled["output"], compiled["worker_id"]) == ({"runs": 1}, None)
    assert "cached_from" not in step_of(first, "compile")
    found = await artifacts_of(caching, second)
    assert (list(found), await content_of(caching, found["dist/out.txt"])) == (["dist/out.txt"], b"-O2\n")
    told = f"[cache] Step 'compile': The result of step 'compile' of job {first['job_id']} is used again"
    assert told in await log_of(caching, second)
    items = (await caching.get(f"/api/jobs/{second['job_id']}/history"))["items"]
    (entry,) = [one for one in items if one["cause"] == "cache"]
    assert (entry["status"], entry["step_name"]) == ("completed", "compile")


@pytest.mark.usefixtures("worker")
async def test_everything_that_makes_the_step_is_in_its_key(caching: Running, tmp_path: Path) -> None:
    folder = str(tmp_path)
    await ended(caching, "build", folder=folder)
    await ended(caching, "build", folder=folder, key="b")
    assert runs(tmp_path) == 2, "the template of the key"
    await ended(caching, "build", folder=folder, flags="-O3")
    assert runs(tmp_path) == 3, "the input and the environment"
    (caching.folder / "README").write_text("not in the key")
    await reconciled(caching)
    await ended(caching, "build", folder=folder)
    assert runs(tmp_path) == 3, "other files"
    (caching.folder / "src" / "main.c").write_text("int main = 1;")
    await reconciled(caching)
    await ended(caching, "build", folder=folder)
    assert runs(tmp_path) == 4, "files that match"
    (caching.folder / ".workflows" / "cache.yaml").write_text(WORKFLOWS.replace("mkdir -p dist", "mkdir -p ./dist"))
    await reconciled(caching)
    await ended(caching, "build", folder=folder)
    assert runs(tmp_path) == 5, "the script"
    await ended(caching, "build", folder=folder)
    assert runs(tmp_path) == 5


@pytest.mark.usefixtures("worker")
async def test_without_the_cache_the_step_runs_and_its_result_is_the_new_one(caching: Running, tmp_path: Path) -> None:
    await ended(caching, "build", folder=str(tmp_path))
    second = await uncached(caching, "build", folder=str(tmp_path))
    assert second["output"] == {"use": 2}
    third = await ended(caching, "build", folder=str(tmp_path))
    assert step_of(third, "compile")["cached_from"]["job_id"] == second["job_id"]
    assert third["output"] == {"use": 2}


@pytest.mark.usefixtures("worker")
async def test_child_jobs_use_the_cache_unless_their_parent_does_not(caching: Running, tmp_path: Path) -> None:
    await ended(caching, "build", folder=str(tmp_path))
    assert (await ended(caching, "parent", folder=str(tmp_path)))["output"] == {"child": {"use": 1}}
    assert (await uncached(caching, "parent", folder=str(tmp_path)))["output"] == {"child": {"use": 2}}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("task", ["fails", "secretive", "declares", "stateful"])
async def test_failures_secrets_and_state_are_not_kept(caching: Running, tmp_path: Path, task: str) -> None:
    for count in (1, 2):
        job = await ended(caching, task, folder=str(tmp_path))
        assert runs(tmp_path) == count, job
    assert (await caching.get("/api/workspaces/main/cache"))["items"] == []


@pytest.mark.usefixtures("worker")
async def test_items_of_loops_have_keys_of_their_own(caching: Running, tmp_path: Path) -> None:
    first, second = [await ended(caching, "loops", folder=str(tmp_path)) for _ in range(2)]
    assert [first["output"], second["output"]] == [{"item": [1, 2, 3]}] * 2
    assert runs(tmp_path) == 3
    log = await log_of(caching, second)
    assert all(f"[cache] Step 'item[{number}]': The result of step 'item[{number}]'" in log for number in range(3))


@pytest.mark.usefixtures("worker")
async def test_concurrent_jobs_of_one_key_are_safe(caching: Running, tmp_path: Path) -> None:
    jobs = await asyncio.gather(*(ended(caching, "build", folder=str(tmp_path)) for _ in range(6)))
    assert {job["status"] for job in jobs} == {"completed"}
    before = runs(tmp_path)
    last = await ended(caching, "build", folder=str(tmp_path))
    assert runs(tmp_path) == before
    assert step_of(last, "compile")["cached_from"]["job_id"] in {job["job_id"] for job in jobs}


@pytest.mark.usefixtures("worker")
async def test_hooks_see_the_artifacts_of_results_that_are_used_again(caching: Running, tmp_path: Path) -> None:
    jobs = [await ended(caching, "told", folder=str(tmp_path)) for _ in range(2)]

    async def hooks() -> Any:
        found = (await caching.get("/api/jobs", source_type="hook"))["items"]
        return found if len(found) == 2 and all(one["completed_at"] for one in found) else None

    inputs = [
        (await caching.get(f"/api/jobs/{one['job_id']}"))["steps"][0]["input"]
        for one in reversed(await eventually(hooks))
    ]
    assert inputs == [
        {"name": "dist/out.txt", "url": f"/api/jobs/{job['job_id']}/artifacts/dist%2Fout.txt"} for job in jobs
    ]


@pytest.mark.usefixtures("worker")
async def test_a_key_that_fails_fails_its_step(caching: Running) -> None:
    job = await ended(caching, "broken")
    assert job["status"] == "failed"
    assert "input.none.at_all" in job["steps"][0]["error_message"]
    assert "[cache] Step 'broken'" in await log_of(caching, job)


@pytest.mark.usefixtures("worker")
async def test_expired_incomplete_and_cleared_results_are_not_used(caching: Running, tmp_path: Path) -> None:
    database = caching.app[SERVICES].database

    async def execute(sql: str) -> None:
        async with database.begin() as connection:
            await statement.execute(connection, sql)

    async def build() -> int:
        await ended(caching, "build", folder=str(tmp_path))
        return runs(tmp_path)

    assert await build() == 1
    await execute("UPDATE cache_entries SET expires_at = now()")
    assert await build() == 2
    await execute("DELETE FROM artifacts WHERE job_id IN (SELECT job_id FROM cache_entries)")
    assert await build() == 3
    assert await build() == 3
    path = "/api/workspaces/main/cache"
    (found,) = (await caching.get(path, task="build", limit=1))["items"]
    assert (found["step_name"], found["artifacts"], found["hits"]) == ("compile", 1, 1)
    for body, count in (({"task": "other"}, 0), ({"task": "build"}, 3), ({}, 0)):
        async with caching.http.post(path + "/clear", json=body) as response:
            assert await response.json() == {"cleared": count}
    assert await build() == 4
