"""Artifacts that steps leave on a worker: uploaded, listed, downloaded."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from yarl import URL

from stroem.orchestrator.artifacts.uploads import ArtifactLimits
from stroem.server.keys import SERVICES
from stroem.worker.worker import Worker
from tests.server.conftest import PlainWorker, Running
from tests.server.worker_api.test_state_of_steps import end_of, ended, log_of, own_worker
from tests.support.wait import eventually

WORKFLOWS = """
actions:
  built:
    type: script
    artifacts: dist
    script: mkdir dist && echo {{ input.text }} > dist/built.txt
    input: {text: {type: string, default: built}}
  told: {type: script, script: "true"}
tasks:
  report:
    flow:
      write:
        type: script
        artifacts: [dist/**, "*.html", missing/*]
        script: |
          mkdir -p dist/js "$ARTIFACTS_DIR/deep/er"
          echo one > dist/js/a.js
          echo '<b>x</b>' > report.html
          printf '\\211PNG\\r\\n\\032\\n' > "$ARTIFACTS_DIR/a picture"
          echo hidden > "$ARTIFACTS_DIR/.hidden"
          echo deep > "$ARTIFACTS_DIR/deep/er/x+y%20.txt"
          ln -s /etc/passwd "$ARTIFACTS_DIR/link"
          ln -s /etc "$ARTIFACTS_DIR/etc"
          ln -s /etc dist/etc
          ln -s /etc/passwd dist/passwd
          mkfifo "$ARTIFACTS_DIR/pipe"
          echo bad > "$ARTIFACTS_DIR/-bad"
      again:
        type: script
        depends_on: [write]
        script: echo again > $ARTIFACTS_DIR/report.html
      by-action: {action: built, depends_on: [again]}
      by-step: {action: built, depends_on: [again], artifacts: {paths: dist/*.md, keep: 30d}}
  fails:
    flow:
      fail: {type: script, script: "echo x > $ARTIFACTS_DIR/x.txt; exit 1"}
  retried:
    flow:
      try:
        type: script
        retry: {attempts: 2, delay: 1}
        output: {n: {type: integer, required: true}}
        script: |
          if test -e {{ input.folder }}/tried; then
            echo second > $ARTIFACTS_DIR/second.txt; echo 'OUTPUT: {"n": 2}'
          else
            touch {{ input.folder }}/tried; echo first > $ARTIFACTS_DIR/first.txt; echo 'OUTPUT: {"n": "no"}'
          fi
    input: {folder: {type: string}}
  loop:
    flow:
      item:
        type: script
        for_each: [a, b]
        script: echo {{ each.item }} > $ARTIFACTS_DIR/{{ each.item }}.txt
  large:
    flow:
      write: {type: script, script: "head -c 30000 /dev/zero > $ARTIFACTS_DIR/large.bin"}
  hooked:
    flow:
      first: {type: script, script: "echo first > $ARTIFACTS_DIR/first.txt"}
      last: {type: script, depends_on: [first], script: "echo last > $ARTIFACTS_DIR/last.txt"}
    on_success:
      - action: told
        input:
          files:
            - "{{ hook.artifacts[0].name }} of {{ hook.artifacts[0].step_name }}"
            - "{{ hook.artifacts[0].size_bytes }} bytes at {{ hook.artifacts[0].url }}"
            - "{{ hook.artifacts[1].name }} of {{ hook.artifacts[1].step_name }}"
  waits:
    flow:
      write:
        type: script
        script: |
          echo x > $ARTIFACTS_DIR/x.txt
          touch {{ input.folder }}/started
          until test -e {{ input.folder }}/go; do sleep 0.02; done
    input: {folder: {type: string}}
"""


@pytest.fixture
def overrides() -> dict[str, str]:
    return {"STROEM__ARTIFACT_STORAGE__MAX_FILE_BYTES": "20000"}


@pytest.fixture
async def keeping(server: Running) -> Running:
    """The server, with tasks that leave artifacts."""
    (server.folder / ".workflows" / "artifacts.yaml").write_text(WORKFLOWS)
    async with server.http.post("/api/workspaces/main/reconcile", json={}) as response:
        answer = await response.json()
        assert [one for one in answer["problems"] if one["code"] != "no-effect"] == [], answer
    return server


@pytest.fixture
async def worker(keeping: Running, tmp_path: Path) -> AsyncIterator[Worker]:
    async with own_worker(keeping, tmp_path / "cache") as running:
        yield running


async def artifacts_of(server: Running, job: Any) -> dict[str, Any]:
    """The artifacts of a job by name."""
    return {one["name"]: one for one in await server.get(f"/api/jobs/{job['job_id']}/artifacts")}


async def content_of(server: Running, artifact: Any) -> bytes:
    """The content of an artifact, from its own address."""
    async with server.http.get(artifact["url"]) as response:
        assert response.status == 200, await response.text()
        return await response.read()


@pytest.mark.usefixtures("worker")
async def test_files_of_the_folder_and_of_globs_are_kept_and_links_are_not(keeping: Running) -> None:
    job = await ended(keeping, "report")
    assert job["status"] == "completed", await log_of(keeping, job)
    found = await artifacts_of(keeping, job)
    assert {name: (one["step_name"], one["content_type"]) for name, one in found.items()} == {
        "dist/js/a.js": ("write", "text/javascript"),
        "report.html": ("again", "text/html"),
        "a picture": ("write", "image/png"),
        ".hidden": ("write", "application/octet-stream"),
        "deep/er/x+y%20.txt": ("write", "text/plain"),
        "dist/built.txt": ("by-action", "text/plain"),
    }
    log = await log_of(keeping, job)
    assert "No file matches 'missing/*'" in log
    assert "'link' is left out" in log
    assert "'-bad' is left out: the name has a part that starts with '-'" in log
    assert "[artifacts] 5 kept" in log
    for name, content in (("report.html", b"again\n"), ("deep/er/x+y%20.txt", b"deep\n")):
        assert await content_of(keeping, found[name]) == content
        assert found[name]["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.usefixtures("worker")
async def test_downloads_are_safe_and_can_be_resumed(keeping: Running) -> None:
    job = await ended(keeping, "report")
    base = f"/api/jobs/{job['job_id']}/artifacts/"
    async with keeping.http.get(base + "report.html") as response:
        assert response.headers["Content-Type"] == "text/html"
        assert response.headers["Content-Disposition"] == 'attachment; filename="report.html"'
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "private, max-age=0, must-revalidate"
        assert response.headers["Content-Length"] == "6"
        etag = response.headers["ETag"]
    async with keeping.http.get(base + quote("a picture")) as response:
        assert response.headers["Content-Disposition"] == 'inline; filename="a picture"'
    async with keeping.http.get(base + "a+picture") as response:
        assert response.status == 200
    async with keeping.http.get(base + "deep/er/x%2By%2520.txt") as response:
        assert await response.read() == b"deep\n"
    async with keeping.http.get(base + "report.html", headers={"Range": "bytes=2-3"}) as response:
        assert (response.status, await response.read()) == (206, b"ai")
    async with keeping.http.get(base + "report.html", headers={"If-None-Match": etag}) as response:
        assert response.status == 304
    async with keeping.http.get(base + "none") as response:
        assert (response.status, (await response.json())["code"]) == (404, "not-found")


@pytest.mark.usefixtures("worker")
async def test_artifacts_are_found_across_jobs_newest_first(keeping: Running) -> None:
    first, second = await ended(keeping, "loop"), await ended(keeping, "loop")
    await ended(keeping, "report")
    path = "/api/workspaces/main/artifacts"
    found = (await keeping.get(path, task="loop"))["items"]
    assert [(one["job_id"], one["name"], one["step_name"]) for one in found[:2]] in (
        [(second["job_id"], "b.txt", "item[1]"), (second["job_id"], "a.txt", "item[0]")],
        [(second["job_id"], "a.txt", "item[0]"), (second["job_id"], "b.txt", "item[1]")],
    )
    assert len(found) == 4
    (latest,) = (await keeping.get(path, task="loop", name="a.txt", job_status="completed", limit=1))["items"]
    assert (latest["job_id"], latest["task"], latest["job_status"]) == (second["job_id"], "loop", "completed")
    page = await keeping.get(path, task="loop", step="item[0]", limit=1, offset=1)
    assert [one["job_id"] for one in page["items"]] == [first["job_id"]]
    assert not page["has_more"]
    assert {one["name"] for one in (await keeping.get(path, name="dist/*"))["items"]} == {
        "dist/js/a.js",
        "dist/built.txt",
    }
    assert len((await keeping.get(path, name="report.html"))["items"]) == 1


@pytest.mark.usefixtures("worker")
async def test_failed_and_replaced_attempts_leave_nothing(keeping: Running, tmp_path: Path) -> None:
    failed = await ended(keeping, "fails")
    assert (failed["status"], await artifacts_of(keeping, failed)) == ("failed", {})
    retried = await ended(keeping, "retried", folder=str(tmp_path))
    assert (retried["status"], list(await artifacts_of(keeping, retried))) == ("completed", ["second.txt"])


@pytest.mark.usefixtures("worker")
async def test_an_artifact_that_is_too_large_fails_its_step(keeping: Running) -> None:
    job = await ended(keeping, "large")
    assert job["status"] == "failed"
    (step,) = job["steps"]
    assert step["error_message"] == (
        "Artifact 'large.bin' cannot be stored: Artifact 'large.bin' has more than 20,000 bytes "
        "(artifact_storage.max_file_bytes) (413)"
    )
    assert await artifacts_of(keeping, job) == {}


@pytest.mark.usefixtures("worker")
async def test_a_cancelled_step_leaves_nothing(keeping: Running, tmp_path: Path) -> None:
    job_id = await keeping.start_job("waits", folder=str(tmp_path))
    await eventually(lambda: (tmp_path / "started").exists(), "the step runs")
    async with keeping.http.post(f"/api/jobs/{job_id}/cancel") as response:
        assert response.status == 200
    (tmp_path / "go").touch()
    job = await end_of(keeping, job_id)
    assert (job["status"], await artifacts_of(keeping, job)) == ("cancelled", {})


@pytest.mark.usefixtures("worker")
async def test_a_server_that_is_away_is_waited_for(keeping: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = keeping.app[SERVICES].artifact_uploads
    original, calls = uploads.store, []

    async def store(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) < 3:
            raise ConnectionError("the blob store is away")
        return await original(*arguments)

    monkeypatch.setattr(uploads, "store", store)
    job = await ended(keeping, "loop")
    assert (job["status"], sorted(await artifacts_of(keeping, job))) == ("completed", ["a.txt", "b.txt"])


@pytest.mark.usefixtures("worker")
async def test_hooks_see_the_artifacts_of_their_job(keeping: Running) -> None:
    job = await ended(keeping, "hooked")

    async def hook() -> Any:
        (found,) = (await keeping.get("/api/jobs", source_type="hook"))["items"] or (None,)
        return found if found and found["completed_at"] else None

    found = await keeping.get(f"/api/jobs/{(await eventually(hook))['job_id']}")
    assert found["steps"][0]["input"] == {
        "files": [
            "first.txt of first",
            f"6 bytes at /api/jobs/{job['job_id']}/artifacts/first.txt",
            "last.txt of last",
        ]
    }


async def test_an_older_worker_uploads_by_the_contract(keeping: Running, plain_worker: PlainWorker) -> None:
    job_id = await keeping.start_job("fails")
    claim = await plain_worker.claim()
    assert "artifacts" not in claim
    await plain_worker.start(claim)
    base = f"/worker/jobs/{job_id}/steps/{claim['step_name']}/artifacts"
    for name, content in (("a.txt", b"old"), ("a.txt", b"new"), ("deep/b c.bin", b"\0\1")):
        headers = {"Content-Type": "text/plain"} if name == "a.txt" else {}
        async with keeping.worker.post(f"{base}/{quote(name)}", data=content, headers=headers) as response:
            answer = await response.json()
            assert response.status == 201, answer
            assert answer["name"] == name
            assert answer["size_bytes"] == len(content)
    assert await keeping.get(f"/api/jobs/{job_id}/artifacts") == []
    async with keeping.worker.delete(base) as response:
        assert response.status == 204
    async with keeping.worker.post(f"{base}/a.txt", data=b"last", headers={"Content-Type": "text/plain"}) as response:
        assert response.status == 201
    await plain_worker.complete(claim)
    (found,) = await keeping.get(f"/api/jobs/{job_id}/artifacts")
    assert (found["name"], found["content_type"], await content_of(keeping, found)) == ("a.txt", "text/plain", b"last")
    for send in (keeping.worker.post(f"{base}/late.txt", data=b"late"), keeping.worker.delete(base)):
        async with send as response:
            assert (response.status, (await response.json())["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("fail/artifacts/-a", 400),
        ("fail/artifacts/a%2F..%2Fb", 400),
        ("fail/artifacts/a%5Cb", 400),
        ("fail/artifacts/a%00b", 400),
        ("fail/artifacts/" + "a" * 256, 400),
        ("none/artifacts/a", 404),
    ],
)
async def test_uploads_that_are_refused(keeping: Running, plain_worker: PlainWorker, path: str, status: int) -> None:
    job_id = await keeping.start_job("fails")
    await plain_worker.start(await plain_worker.claim())
    async with keeping.worker.post(URL(f"/worker/jobs/{job_id}/steps/{path}", encoded=True), data=b"x") as response:
        assert response.status == status, await response.text()


async def test_an_upload_must_be_what_its_digest_says(keeping: Running, plain_worker: PlainWorker) -> None:
    job_id = await keeping.start_job("fails")
    await plain_worker.start(await plain_worker.claim())
    path = f"/worker/jobs/{job_id}/steps/fail/artifacts/a.txt"
    for said, status in ((b"other", 400), (b"said", 201)):
        digest = "sha-256=" + base64.b64encode(hashlib.sha256(said).digest()).decode()
        async with keeping.worker.post(path, data=b"said", headers={"Digest": digest}) as response:
            assert response.status == status, await response.text()


async def test_the_limits_of_a_job(keeping: Running, plain_worker: PlainWorker) -> None:
    uploads = keeping.app[SERVICES].artifact_uploads
    uploads.limits = ArtifactLimits(file_bytes=10, job_bytes=15, job_files=2)
    job_id = await keeping.start_job("fails")
    await plain_worker.start(await plain_worker.claim())

    async def upload(name: str, size: int) -> int:
        path = f"/worker/jobs/{job_id}/steps/fail/artifacts/{name}"
        async with keeping.worker.post(path, data=iter_bytes(size)) as response:
            if response.status == 413:
                assert (await response.json())["code"] == "limit-exceeded"
            return response.status

    assert await upload("a", 11) == 413
    assert await upload("a", 10) == 201
    assert await upload("b", 6) == 413
    assert await upload("a", 9) == 201
    assert await upload("b", 6) == 201
    assert await upload("c", 0) == 413


async def iter_bytes(size: int) -> AsyncIterator[bytes]:
    """A body whose size is not announced."""
    for _ in range(size):
        yield b"x"
