"""A worker that knows only the older contract, from registration to the end of a job."""

import asyncio
import base64
import gzip
import hashlib
import io
import tarfile
import uuid
from typing import Any

import orjson
import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement

BASE_KEYS = {
    "workspace",
    "job_id",
    "task_name",
    "step_name",
    "action_name",
    "action_type",
    "action_image",
    "action_spec",
    "input",
    "runner",
}


async def test_from_registration_to_the_end_of_a_job(server: Any, plain_worker: Any) -> None:
    uuid.UUID(plain_worker.worker_id)
    idle = await plain_worker.claim()
    assert idle == dict.fromkeys(BASE_KEYS)

    job_id = await server.start_job()
    claim = await plain_worker.claim()
    revision = claim.pop("revision")
    assert claim["action_spec"].pop("env").keys() == {"STROEM_COMMIT", "STROEM_COMMIT_TIME"}
    assert claim == {
        "workspace": "main",
        "job_id": job_id,
        "task_name": "hello",
        "step_name": "say-first",
        "action_name": "greet",
        "action_type": "script",
        "action_image": None,
        "action_spec": {
            "type": "script",
            "script": "echo Ada",
            "input": {"name": {}},
        },
        "input": {"name": "Ada"},
        "runner": "local",
    }
    async with server.worker.get("/worker/workspace/main.tar.gz", params={"revision": revision}) as files:
        assert files.headers["X-Revision"] == revision
    await plain_worker.start(claim)
    running = await server.get(f"/api/jobs/{job_id}")
    assert running["status"] == "running"
    assert running["steps"][0]["worker_id"] == plain_worker.worker_id
    assert await (await server.worker.get(f"/worker/jobs/{job_id}/cancelled")).json() == {"cancelled": False}
    await plain_worker.log(claim, "one", 'two "quoted" ø \u0000 end')
    await plain_worker.complete(claim, output={"greeting": "Hi Ada"})

    claim = await plain_worker.claim()
    assert (claim["step_name"], claim["action_spec"]["script"]) == ("second", "echo Hi Ada")
    await plain_worker.start(claim)
    await plain_worker.log(claim, "three")
    await plain_worker.complete(claim, output={"done": True})
    assert await plain_worker.claim() == dict.fromkeys(BASE_KEYS)

    job = await server.get(f"/api/jobs/{job_id}")
    assert (job["status"], job["output"]) == ("completed", {"second": {"done": True}})
    logs = (await server.get(f"/api/jobs/{job_id}/logs"))["logs"]
    assert [orjson.loads(line) for line in logs.splitlines()] == [
        {"ts": "2026-01-01T00:00:00.5Z", "stream": "stdout", "step": "say-first", "line": "one"},
        {
            "ts": "2026-01-01T00:00:00.5Z",
            "stream": "stdout",
            "step": "say-first",
            "line": 'two "quoted" ø \ufffd end',
        },
        {"ts": "2026-01-01T00:00:00.5Z", "stream": "stdout", "step": "second", "line": "three"},
    ]
    of_step = (await server.get(f"/api/jobs/{job_id}/steps/second/logs"))["logs"]
    assert [orjson.loads(line)["line"] for line in of_step.splitlines()] == ["three"]
    detail = await server.get(f"/api/workers/{plain_worker.worker_id}")
    assert [step["step_name"] for step in detail["steps"]["items"]] == ["second", "say-first"]
    assert (detail["status"], detail["steps"]["total"], detail["version"]) == ("active", 2, "0.15.26")


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ({"exit_code": 3}, "Process exited with code 3"),
        ({"exit_code": 3, "error": "Exit code: 3\nStderr: no\u0000"}, "Exit code: 3\nStderr: no\ufffd"),
        ({"error": "Failed to download workspace: gone", "exit_code": -1}, "Failed to download workspace: gone"),
    ],
)
async def test_a_failed_step_says_why(server: Any, plain_worker: Any, outcome: dict[str, Any], message: str) -> None:
    job_id = await server.start_job()
    await plain_worker.complete(await plain_worker.claim(), **outcome)
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "failed"
    assert [step["status"] for step in job["steps"]] == ["failed", "skipped"]
    assert job["steps"][0]["error_message"] == message


async def test_a_second_outcome_changes_nothing(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    claim = await plain_worker.claim()
    await plain_worker.complete(claim, output={"greeting": "first"})
    await plain_worker.complete(claim, exit_code=1)
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["steps"][0]["status"] == "completed"
    assert job["steps"][0]["output"] == {"greeting": "first"}


async def test_a_second_attempt_has_a_name_of_its_own(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(connection, "UPDATE steps SET attempt = 1 WHERE status = 'ready'", ())
    claim = await plain_worker.claim()
    assert claim["step_name"] == "say-first~a2"
    former = {**claim, "step_name": "say-first"}
    before = (await server.get(f"/api/jobs/{job_id}"))["steps"]
    await plain_worker.start(former)
    await plain_worker.log(former, "of the first attempt")
    await plain_worker.complete(former, exit_code=1)
    assert (await server.get(f"/api/jobs/{job_id}"))["steps"] == before
    await plain_worker.start(claim)
    await plain_worker.log(claim, "of the second attempt")
    await plain_worker.complete(claim, output={"greeting": "Hi"})
    step = (await server.get(f"/api/jobs/{job_id}"))["steps"][0]
    assert (step["step_name"], step["status"], step["output"]) == ("say-first", "completed", {"greeting": "Hi"})
    (line,) = (await server.get(f"/api/jobs/{job_id}/logs"))["logs"].splitlines()
    assert (orjson.loads(line)["step"], orjson.loads(line)["line"]) == ("say-first", "of the second attempt")


async def test_a_worker_hears_of_a_cancelled_job_when_it_asks(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    claim = await plain_worker.claim()
    await server.http.post(f"/api/jobs/{job_id}/cancel")
    assert await (await server.worker.get(f"/worker/jobs/{job_id}/cancelled")).json() == {"cancelled": True}
    await plain_worker.complete(claim, exit_code=-1, error="Job cancelled")
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "cancelled"
    assert [step["status"] for step in job["steps"]] == ["cancelled", "cancelled"]


async def test_a_heartbeat_is_always_well(server: Any, plain_worker: Any) -> None:
    for worker_id in (plain_worker.worker_id, str(uuid.uuid4())):
        assert await server.ask_worker_api("heartbeat", {"worker_id": worker_id}) == {"status": "ok"}
    answer = await server.ask_worker_api("heartbeat", {"worker_id": str(uuid.uuid4()), "lease": True})
    assert answer == {"status": "unknown"}
    answer = await server.ask_worker_api("heartbeat", {"worker_id": plain_worker.worker_id, "lease": True})
    assert answer == {"status": "ok", "cancel": []}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"capabilities": []}, "at least one capability"),
        ({"capabilities": ["fly"]}, "'fly'"),
        ({"capabilities": ["script"], "tags": ["docker"]}, "'docker' is a capability"),
        ({"capabilities": ["script"], "name": ""}, "name: must be one line"),
        ({"capabilities": ["script"], "tags": ["a\nb"]}, "tags[0]: must be one line"),
        ({}, "at least one capability"),
        ({"capabilities": ["fly"], "missing": {"docker": "away"}}, "'fly'"),
    ],
)
async def test_what_a_worker_must_not_say(server: Any, body: dict[str, Any], words: str) -> None:
    async with server.worker.post("/worker/register", json={"name": "w", "tags": [], **body}) as response:
        assert response.status == 400
        assert words in (await response.json())["error"]


async def test_tags_of_older_workers_are_their_capabilities(server: Any, plain_worker: Any) -> None:
    worker_id = await plain_worker.register(capabilities=[], tags=["script", "gpu"])
    worker = await server.get(f"/api/workers/{worker_id}")
    assert (worker["capabilities"], worker["tags"]) == (["script"], ["gpu"])
    job_id = await server.start_job()
    body = {"worker_id": worker_id, "capabilities": [], "tags": ["script", "gpu"]}
    assert (await server.ask_worker_api("jobs/claim", body))["job_id"] == job_id


async def test_a_worker_gets_only_what_it_can_run(server: Any, plain_worker: Any) -> None:
    await server.start_job()
    body = {"worker_id": plain_worker.worker_id, "capabilities": ["docker"], "tags": []}
    assert (await server.ask_worker_api("jobs/claim", body))["job_id"] is None
    body = {"worker_id": plain_worker.worker_id, "capabilities": ["script"], "tags": ["x"], "exclusive": True}
    assert (await server.ask_worker_api("jobs/claim", body))["job_id"] is None


async def test_a_log_without_a_step_is_the_servers(server: Any, plain_worker: Any) -> None:
    job_id = await server.start_job()
    body = {"lines": [{"ts": "t", "stream": "stderr", "line": "x"}]}
    await server.ask_worker_api(f"jobs/{job_id}/logs", body)
    logs = (await server.get(f"/api/jobs/{job_id}/steps/_server/logs"))["logs"]
    assert orjson.loads(logs)["step"] == "_server"
    await server.ask_worker_api(f"jobs/{job_id}/logs", {"lines": [], "step_name": "say-first"})


class TestWorkspaceFiles:
    PATH = "/worker/workspace/main.tar.gz"

    async def test_the_current_ones(self, server: Any) -> None:
        async with server.worker.get(self.PATH) as response:
            data = await response.read()
            headers = response.headers
        assert headers["Content-Type"] == "application/gzip"
        assert headers["ETag"] == f'"{headers["X-Revision"]}"'
        assert int(headers["Content-Length"]) == len(data)
        digest = headers["Digest"].removeprefix("sha-256=")
        assert hashlib.sha256(data).digest() == base64.b64decode(digest)
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
            assert tar.getnames() == ["./.workflows/main.yaml"]

    async def test_those_that_the_worker_has_are_not_sent(self, server: Any) -> None:
        async with server.worker.get(self.PATH) as response:
            revision = response.headers["X-Revision"]
        for path in (self.PATH, f"{self.PATH}?revision={revision}"):
            async with server.worker.get(path, headers={"If-None-Match": f'"{revision}"'}) as response:
                assert (response.status, await response.read()) == (304, b"")

    async def test_an_older_revision_is_still_there(self, server: Any) -> None:
        async with server.worker.get(self.PATH) as response:
            revision, before = response.headers["X-Revision"], await response.read()
        (server.folder / "new.txt").write_text("new")
        await server.app[RECONCILER].pipeline.reconcile("main")
        async with server.worker.get(self.PATH) as response:
            assert response.headers["X-Revision"] != revision
        async with server.worker.get(self.PATH, params={"revision": revision}) as response:
            assert await response.read() == before

    @pytest.mark.parametrize("path", [PATH + "?revision=gone", "/worker/workspace/other.tar.gz"])
    async def test_what_is_not_there(self, server: Any, path: str) -> None:
        async with server.worker.get(path) as response:
            assert response.status == 404
            assert (await response.json())["code"] == "not-found"


async def test_two_workers_never_get_the_same_step(server: Any, plain_worker: Any) -> None:
    jobs = {await server.start_job() for _ in range(8)}
    claims = await asyncio.gather(*(plain_worker.claim() for _ in range(12)))
    taken = [claim["job_id"] for claim in claims if claim["job_id"]]
    assert len(taken) == len(set(taken)) == 8
    assert set(taken) == jobs
