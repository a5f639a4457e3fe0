"""What the audit log tells of requests."""

import asyncio
import uuid
from typing import Any

import aiohttp
import pytest

from stroem.server.http.audit.middleware import CHANGES_NOTHING, is_recorded, verb_of
from stroem.server.http.audit.recording import AUDIT
from stroem.server.keys import SERVICES
from stroem.server.routes import PAGES, ROUTES
from stroem.store import statement


async def rows(server: Any, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await server.get("/api/audit", **query))["items"]
    return found


async def post(server: Any, path: str, body: Any = None, **headers: str) -> aiohttp.ClientResponse:
    async with server.http.post(path, json={} if body is None else body, headers=headers) as response:
        await response.read()
        return response  # type: ignore[no-any-return]


async def test_a_started_job(server: Any) -> None:
    job = await server.start_job(pin="a-secret-of-the-input")
    (row,) = await rows(server, verb="job.run")
    assert row.pop("id") > 0
    assert row.pop("at").endswith("Z")
    assert len(row.pop("request_id")) == 32
    row.pop("hash", None)
    assert row == {
        "actor_kind": "anonymous",
        "actor": "anonymous",
        "key": None,
        "verb": "job.run",
        "route": "POST /api/workspaces/{workspace}/tasks/{task}/execute",
        "workspace": "main",
        "object_kind": "task",
        "object": "hello",
        "outcome": "ok",
        "status": None,
        "count": 1,
        "address": "127.0.0.1",
        "reason": None,
        "before": None,
        "after": {"started": [job]},
    }
    assert "a-secret-of-the-input" not in str(await rows(server))


async def test_a_change_and_its_row_are_one_transaction(server: Any) -> None:
    job = await server.start_job()
    async with server.app[SERVICES].database.read() as connection:
        found = await statement.fetch(
            connection,
            "SELECT jobs.xmin::text = audit.xmin::text, audit.at = created_at FROM jobs, audit"
            " WHERE audit.verb = 'job.run'",
        )
    assert job
    assert found == [(True, True)]


async def test_a_cancelled_job_names_its_workspace(server: Any) -> None:
    job = await server.start_job()
    assert (await post(server, f"/api/jobs/{job}/cancel")).status == 200
    (row,) = await rows(server, workspace="main", verb="job.cancel")
    assert (row["object_kind"], row["object"], row["outcome"]) == ("job", job, "ok")


async def test_refused_and_failed_requests(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = uuid.uuid4()
    assert (await post(server, f"/api/jobs/{unknown}/cancel")).status == 404
    (row,) = await rows(server, outcome="refused")
    assert (row["status"], row["object"]) == (404, str(unknown))
    assert row["reason"].startswith("Job ")

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("s3cr3t of the server")

    monkeypatch.setattr(server.app[SERVICES].canceller, "cancel", broken)
    assert (await post(server, f"/api/jobs/{unknown}/cancel")).status == 500
    (row,) = await rows(server, outcome="failed")
    assert (row["status"], row["reason"]) == (500, None)


async def test_a_request_that_no_handler_gets(server: Any) -> None:
    """Refused by the check of browsers, of the type, and of the body."""
    job = await server.start_job()
    foreign = await post(server, f"/api/jobs/{job}/cancel", **{"Origin": "https://evil.example"})
    assert foreign.status == 403
    async with server.http.post("/api/workspaces/main/tasks/hello/execute", data="x") as response:
        assert response.status == 415
    assert (await post(server, "/api/workspaces/main/tasks/hello/execute", [])).status == 400
    assert [row["status"] for row in await rows(server, outcome="refused")] == [400, 415, 403]


async def test_reads_are_not_recorded(server: Any) -> None:
    await server.get("/api/jobs")
    await server.get("/api/audit")
    assert (await post(server, "/api/workspaces/main/tasks/hello/dry-run", {"input": {"name": "x"}})).status == 200
    assert (await post(server, "/api/nothing")).status in (404, 405)
    assert [row["verb"] for row in await rows(server)] == ["release.activate"]


async def test_a_flood_is_counted(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.app[AUDIT], "_now", lambda: 0.0)
    unknown = f"/api/jobs/{uuid.uuid4()}/cancel"
    for _ in range(4):
        await asyncio.gather(*(post(server, unknown) for _ in range(25)))
    assert len(await rows(server, outcome="refused")) == 10
    await server.app[AUDIT].flush(is_end=True)
    counted, *single = await rows(server, outcome="refused")
    assert (len(single), counted["count"], counted["address"]) == (10, 90, "127.0.0.1")
    assert counted["reason"] == "90 more such requests within a minute"


async def test_ids_of_requests(server: Any) -> None:
    response = await post(server, "/api/workspaces/main/refresh", **{"X-Request-Id": "deploy-42.a:b"})
    assert response.headers["X-Request-Id"] == "deploy-42.a:b"
    (row,) = await rows(server, request_id="deploy-42.a:b")
    assert row["object"] == "main"
    for invalid in ("", "x" * 65, "a b", "-a", "a\tb", "ä"):
        async with server.http.get("/api/config", headers={"X-Request-Id": invalid}) as answer:
            assert len(answer.headers["X-Request-Id"]) == 32
    async with server.http.get("/api/jobs/none") as answer:
        assert answer.status == 400
        assert len(answer.headers["X-Request-Id"]) == 32


async def test_before_and_after_of_a_worker(server: Any, plain_worker: Any) -> None:
    await post(server, f"/api/workers/{plain_worker.worker_id}/cordon", {"by": "ada", "reason": "s3cr3t-value"})
    (row,) = await rows(server, verb="worker.cordon")
    assert row["before"] == {"state": "active"}
    assert row["after"] == {"state": "cordoned", "by": "ada", "reason": "••••••"}


async def test_before_and_after_of_a_workspace(server: Any) -> None:
    assert (await post(server, "/api/workspaces/main/suspend", {"by": "ada", "reason": "night"})).status == 200
    assert (await post(server, "/api/workspaces/main/triggers/nightly/pause", {"by": "ada"})).status == 200
    paused, suspended = (await rows(server))[:2]
    assert (suspended["verb"], suspended["object"], suspended["before"]) == (
        "workspace.suspend",
        "main",
        {"overrides": []},
    )
    assert suspended["after"] == {"by": "ada", "reason": "night"}
    assert (paused["verb"], paused["object_kind"], paused["object"]) == ("trigger.pause", "trigger", "nightly")
    assert paused["before"] == {"overrides": ["suspended"]}


async def test_a_worker_that_joins(server: Any, plain_worker: Any) -> None:
    (row,) = await rows(server, verb="worker.join")
    assert (row["actor_kind"], row["actor"], row["object"]) == ("worker", "plain", "plain")
    bad = {"Authorization": "Bearer wrong"}
    async with server.http.post("/worker/register", json={}, headers=bad) as response:
        assert response.status == 401
    (row,) = await rows(server, outcome="refused")
    assert (row["verb"], row["status"], row["actor"]) == ("worker.join", 401, "anonymous")


async def test_a_release_that_came_into_effect(server: Any) -> None:
    (row,) = await rows(server, verb="release.activate")
    assert (row["actor_kind"], row["object"], row["workspace"]) == ("system", "main/1", "main")


async def test_every_changing_route_is_recorded_under_a_verb() -> None:
    routes = [*ROUTES, *PAGES]
    assert {route.path for route in routes} >= CHANGES_NOTHING
    changing = [route for route in routes if route.method != "GET" and route.path.startswith("/api/")]
    assert {route.path for route in changing if not is_recorded(route)} == CHANGES_NOTHING
    verbs = {verb_of(route) for route in routes if is_recorded(route)}
    assert all(len(verb.split(".")) == 2 and "{" not in verb for verb in verbs), verbs


async def test_uploads_and_downloads_of_state(server: Any) -> None:
    async with server.http.post("/api/workspaces/main/state", params={"cursor": "17-s3cr3t"}) as response:
        assert response.status == 201, await response.text()
    async with server.http.get("/api/workspaces/main/state/1/archive") as response:
        assert response.status == 200, await response.text()
    downloaded, uploaded = (await rows(server, actor="anonymous"))[:2]
    assert (uploaded["verb"], uploaded["workspace"], uploaded["outcome"]) == ("state.upload", "main", "ok")
    assert (downloaded["verb"], downloaded["object_kind"], downloaded["object"]) == ("state.download", "snapshot", "1")
    assert "17-s3cr3t" not in str(await rows(server))
