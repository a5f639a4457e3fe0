"""State that steps write on a worker, and read in later steps and jobs."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stroem.registry.registry import load_plugins
from stroem.server.keys import SERVICES
from stroem.settings.worker import WorkerSettings
from stroem.worker.worker import Worker
from tests.server.archives import archive
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
          cat "$STATE_DIR/state.json" 2>/dev/null
          echo 'STATE: {"n": {{ state.n | default(0) + input.by }}, "early": true}'
          for n in $(seq 2000); do echo "line $n"; done
          echo "OUTPUT: {\\"files\\": \\"$(ls $STATE_DIR)\\", \\"n\\": {{ state.n | default(0) }}}"
  files:
    flow:
      write:
        type: script
        script: |
          cp -r "$STATE_DIR/." "$STATE_OUT_DIR"
          mkdir -p "$STATE_OUT_DIR/sub"
          echo more >> "$STATE_OUT_DIR/sub/notes.txt"
          ln -s sub/notes.txt "$STATE_OUT_DIR/inside"
          ln -s /etc/passwd "$STATE_OUT_DIR/outside"
          mkfifo "$STATE_OUT_DIR/pipe"
          echo '{"from": "file", "kept": 1}' > "$STATE_OUT_DIR/state.json"
          echo 'STATE: {"from": "line"}'
          echo 'STATE: [1]'
      read:
        type: script
        depends_on: [write]
        script: |
          cat "$STATE_DIR/sub/notes.txt"
          echo 'OUTPUT: {{ state | json_encode() }}'
  shared:
    flow:
      set: {type: script, script: "echo 'GLOBAL_STATE: {\\"by\\": \\"shared\\"}'"}
      get: {type: script, depends_on: [set], script: "echo 'OUTPUT: \\"{{ global_state.by }}\\"'"}
  other:
    flow:
      get:
        type: script
        script: |
          echo "OUTPUT: {\\"by\\": \\"{{ global_state.by }}\\", \\"files\\": \\"$(ls $GLOBAL_STATE_DIR)\\"}"
  fails:
    flow:
      fail: {type: script, script: "echo 'STATE: {\\"failed\\": true}'; exit 3"}
  broken:
    flow:
      write: {type: script, script: "echo no json > $STATE_OUT_DIR/state.json"}
  waits:
    flow:
      wait:
        type: script
        script: |
          echo 'STATE: {"waited": true}'
          until test -e {{ input.file }}; do sleep 0.02; done
    input:
      file: {type: string, required: true}
"""


@pytest.fixture
async def stateful(server: Running) -> Running:
    """The server, with tasks that keep state."""
    (server.folder / ".workflows" / "state.yaml").write_text(WORKFLOWS)
    async with server.http.post("/api/workspaces/main/reconcile", json={}) as response:
        assert (await response.json())["problems"] is not None
    assert "count" in [task["id"] for task in await server.get("/api/tasks")]
    return server


@asynccontextmanager
async def own_worker(server: Running, folder: Path) -> AsyncIterator[Worker]:
    """A worker of ours meanwhile; what it does is aborted at the end."""
    settings = WorkerSettings(
        server_url=server.url,
        worker_token=TOKEN,
        worker_name="own",
        max_concurrent=2,
        poll_interval_secs=0.1,
        workspace_cache_dir=folder,
        capabilities=("script",),
    )
    worker = Worker(settings, load_plugins())
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def worker(stateful: Running, tmp_path: Path) -> AsyncIterator[Worker]:
    async with own_worker(stateful, tmp_path / "cache") as running:
        yield running


async def end_of(server: Running, job_id: str) -> Any:
    """A job, when it has ended."""

    async def job() -> Any:
        found = await server.get(f"/api/jobs/{job_id}")
        return found if found["completed_at"] else None

    return await eventually(job)


async def ended(server: Running, task: str, **values: Any) -> Any:
    """A job of a task, when it has ended."""
    return await end_of(server, await server.start_job(task, **values))


async def snapshots_of(server: Running, task: str) -> Any:
    """The snapshots of a task."""
    return (await server.get(f"/api/workspaces/main/tasks/{task}/state"))["items"]


async def log_of(server: Running, job: Any) -> str:
    """The log of a job."""
    return str((await server.get(f"/api/jobs/{job['job_id']}/logs", limit=10_000))["logs"])


@pytest.mark.usefixtures("worker")
async def test_what_a_step_prints_early_is_seen_by_the_next_job(stateful: Running) -> None:
    first = await ended(stateful, "count")
    assert (first["status"], first["output"]) == ("completed", {"count": {"files": "", "n": 0}})
    second = await ended(stateful, "count", by=5)
    assert (second["status"], second["output"]) == ("completed", {"count": {"files": "state.json", "n": 1}})
    assert '{\\"n\\":1,\\"early\\":true}' in await log_of(stateful, second)
    latest, before = await snapshots_of(stateful, "count")
    assert [one["number"] for one in (latest, before)] == [2, 1]
    assert (latest["job_id"], latest["step_name"], latest["conflict"]) == (second["job_id"], "count", False)
    assert (await stateful.get("/api/workspaces/main/tasks/count/state/2"))["json"] == {"n": 6, "early": True}


@pytest.mark.usefixtures("worker")
async def test_files_count_too_and_a_later_step_of_the_job_sees_them(stateful: Running) -> None:
    job = await ended(stateful, "files")
    assert (job["status"], job["output"]) == ("completed", {"read": {"from": "line", "kept": 1}})
    log = await log_of(stateful, job)
    assert "more" in log
    assert "'outside' is not kept in the state" in log
    assert "'pipe' is not kept in the state" in log
    assert "STATE: was not taken as state: it needs a JSON object" in log
    detail = await stateful.get("/api/workspaces/main/tasks/files/state/1")
    assert [file["path"] for file in detail["files"]] == ["inside", "state.json", "sub/notes.txt"]


@pytest.mark.usefixtures("worker")
async def test_global_state_is_seen_by_other_tasks(stateful: Running) -> None:
    assert (await ended(stateful, "shared"))["output"] == {"get": "shared"}
    assert (await ended(stateful, "other"))["output"] == {"get": {"by": "shared", "files": "state.json"}}
    assert await snapshots_of(stateful, "shared") == []
    assert len((await stateful.get("/api/workspaces/main/state"))["items"]) == 1


@pytest.mark.usefixtures("worker")
async def test_a_failed_step_keeps_its_state(stateful: Running) -> None:
    assert (await ended(stateful, "fails"))["status"] == "failed"
    assert len(await snapshots_of(stateful, "fails")) == 1


@pytest.mark.usefixtures("worker")
async def test_a_step_whose_state_cannot_be_stored_fails(stateful: Running) -> None:
    job = await ended(stateful, "broken")
    assert job["status"] == "failed"
    assert "The state cannot be stored: state.json is no valid JSON" in job["steps"][0]["error_message"]
    assert await snapshots_of(stateful, "broken") == []


@pytest.mark.usefixtures("worker")
async def test_of_two_jobs_that_read_the_same_state_the_second_is_told(stateful: Running, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("first", "second")]
    jobs = [await stateful.start_job("waits", file=str(file)) for file in files]

    async def both_run() -> bool:
        found = [await stateful.get(f"/api/jobs/{job_id}") for job_id in jobs]
        return all(job["steps"][0]["status"] == "running" for job in found)

    await eventually(both_run)
    ends = []
    for file, job_id in zip(files, jobs, strict=True):
        file.touch()
        ends.append(await end_of(stateful, job_id))
    assert [job["status"] for job in ends] == ["completed", "completed"]
    second, first = await snapshots_of(stateful, "waits")
    assert [(one["job_id"], one["conflict"]) for one in (first, second)] == [(jobs[0], False), (jobs[1], True)]
    assert "[state] Step 'wait' wrote snapshot 2" in await log_of(stateful, ends[1])
    assert "[state]" not in await log_of(stateful, ends[0])


@pytest.mark.usefixtures("worker")
async def test_a_cancelled_step_writes_no_state(stateful: Running, tmp_path: Path) -> None:
    job_id = await stateful.start_job("waits", file=str(tmp_path / "never"))

    async def has_printed() -> bool:
        return "waited" in (await stateful.get(f"/api/jobs/{job_id}/logs"))["logs"]

    await eventually(has_printed)
    async with stateful.http.post(f"/api/jobs/{job_id}/cancel") as response:
        assert response.status == 200
    assert (await end_of(stateful, job_id))["status"] == "cancelled"
    assert await snapshots_of(stateful, "waits") == []


async def test_state_of_a_worker_that_dies_before_its_outcome_is_not_published(
    stateful: Running, tmp_path: Path
) -> None:
    recorder = stateful.app[SERVICES].recorder.batches
    record, reported = recorder.record, asyncio.Event()

    async def never(connection: Any, outcomes: Any, lines: Any, worker_id: Any) -> Any:
        if outcomes:
            assert outcomes[0].snapshots
            reported.set()
            raise ConnectionResetError("the worker is killed")
        return await record(connection, outcomes, lines, worker_id)

    recorder.record = never  # type: ignore[method-assign]
    async with own_worker(stateful, tmp_path / "cache"):
        job_id = await stateful.start_job("count")
        await reported.wait()
    recorder.record = record  # type: ignore[method-assign]
    assert await snapshots_of(stateful, "count") == []
    async with own_worker(stateful, tmp_path / "cache"):  # its registration ends the steps of the last run
        assert (await end_of(stateful, job_id))["status"] == "failed"
        assert await snapshots_of(stateful, "count") == []
        assert (await ended(stateful, "count"))["output"] == {"count": {"files": "", "n": 0}}


async def test_an_older_worker_stores_and_reads_state(stateful: Running, plain_worker: Any) -> None:
    job_id = await stateful.start_job("count")
    claim = await plain_worker.claim()
    assert "state_storage_key" not in claim
    path = "/worker/state/main/count"
    async with stateful.worker.get(path) as response:
        assert response.status == 204
    body = archive(state__json='{"n": 41}', notes="x")
    async with stateful.worker.post(f"{path}/{job_id}", data=body) as response:
        assert response.status == 409  # not begun: nobody is known to run it
    await plain_worker.start(claim)
    async with stateful.worker.post(f"{path}/{job_id}", params={"has_json": "true"}, data=body) as response:
        assert response.status == 201
        snapshot_id = (await response.json())["snapshot_id"]
    async with stateful.worker.post(f"/worker/global-state/main/{job_id}", data=body) as response:
        assert response.status == 201
    async with stateful.worker.post(f"/worker/state/main/files/{job_id}", data=body) as response:
        assert response.status == 400
    await plain_worker.complete(claim)
    async with stateful.worker.post(f"{path}/{job_id}", data=body) as response:
        assert response.status == 409

    await stateful.start_job("count")
    claim = await plain_worker.claim()
    assert (claim["state_storage_key"], claim["state_has_json"]) == (snapshot_id, True)
    assert claim["global_state_has_json"] is True
    assert '"n": 42,' in claim["action_spec"]["script"]
    async with stateful.worker.get(path) as response:
        assert (response.status, response.headers["x-snapshot-id"]) == (200, snapshot_id)
        assert await response.read() == body


async def test_state_of_an_attempt_that_the_worker_does_not_have_is_refused(
    stateful: Running, plain_worker: Any
) -> None:
    job_id = await stateful.start_job("count")
    claim = await plain_worker.claim()
    attempt = {"step_id": 1, "attempt": 1, "worker_id": plain_worker.worker_id}
    for wrong in ({"attempt": 2}, {"step_id": 2}, {"worker_id": str(uuid.uuid4())}):
        async with stateful.worker.post(
            f"/worker/state/main/count/{job_id}", params={**attempt, **wrong}, data=archive(a="1")
        ) as response:
            assert response.status == 409, wrong
    async with stateful.worker.post(
        f"/worker/state/main/count/{job_id}", params=attempt, data=archive(a="1")
    ) as response:
        assert response.status == 201
    assert await snapshots_of(stateful, "count") == []
    await plain_worker.complete(claim)
    assert await snapshots_of(stateful, "count") == []
