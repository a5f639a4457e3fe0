"""What the audit log tells of triggers, people with names, and clients that go."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from stroem.records.principal import KeyScope, Principal
from stroem.server.http.audit import recording
from stroem.server.keys import SERVICES
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
tasks:
  plain:
    flow:
      say: {type: script, script: "echo"}
triggers:
  orders: {type: webhook, name: orders, task: plain}
"""
ADA = Principal(kind="user", name="ada@example.org", key=KeyScope(prefix="strm_ab"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
async def hooks(server: Any) -> Any:
    await server.app[SERVICES].triggers.sync.run_once()
    return server


async def test_a_job_of_a_trigger(hooks: Any) -> None:
    async with hooks.http.post("/hooks/orders", json={"pin": "4711"}) as response:
        job = (await response.json())["job_id"]
    (row,) = (await hooks.get("/api/audit", verb="job.run"))["items"]
    assert (row["actor_kind"], row["actor"], row["workspace"], row["object"]) == ("trigger", "orders", "main", job)
    assert row["after"] == {"task": "plain", "trigger": "main/orders", "type": "webhook"}
    assert "4711" not in str(row)


async def test_a_trigger_that_a_person_fires_has_one_row(hooks: Any) -> None:
    async with hooks.http.post("/api/workspaces/main/triggers/orders/fire", json={}) as response:
        job = (await response.json())["job_id"]
    (row,) = (await hooks.get("/api/audit", workspace="main", actor="anonymous"))["items"]
    assert (row["verb"], row["after"]) == ("trigger.fire", {"started": [job]})
    assert (await hooks.get("/api/audit", verb="job.run"))["items"] == []


async def test_the_actor_is_who_has_signed_in(hooks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "principal_of", lambda _: ADA)
    async with hooks.http.post("/api/workspaces/main/tasks/plain/execute", json={}) as response:
        assert response.status == 200
    (row,) = (await hooks.get("/api/audit", actor="ada@example.org"))["items"]
    assert (row["actor_kind"], row["key"], row["verb"]) == ("user", "strm_ab", "job.run")


async def test_a_client_that_goes_is_recorded(hooks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    canceller = hooks.app[SERVICES].canceller
    cancel, begun, go_on, done = canceller.cancel, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(*args: Any, **kwargs: Any) -> None:
        begun.set()
        await go_on.wait()
        try:
            await cancel(*args, **kwargs)
        finally:
            done.set()

    async with hooks.http.post("/api/workspaces/main/tasks/plain/execute", json={}) as response:
        job = (await response.json())["job_id"]
    monkeypatch.setattr(canceller, "cancel", slow)
    asking = asyncio.create_task(hooks.http.post(f"/api/jobs/{job}/cancel", json={}))
    await begun.wait()
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    go_on.set()
    await done.wait()
    (row,) = (await hooks.get("/api/audit", verb="job.cancel"))["items"]
    assert (row["outcome"], row["object"]) == ("ok", job)


async def test_filters_and_pages(hooks: Any) -> None:
    for name in ("a", "b", "c"):
        async with hooks.http.post(f"/api/jobs/{name}/cancel", json={}) as response:
            assert response.status == 400
    first = await hooks.get("/api/audit", outcome="refused", limit=2)
    assert [row["object"] for row in first["items"]] == ["c", "b"]
    second = await hooks.get("/api/audit", outcome="refused", limit=2, before=first["next"])
    assert ([row["object"] for row in second["items"]], "next" in second) == (["a"], False)
    at = first["items"][0]["at"]
    assert (await hooks.get("/api/audit", since="2999-01-01T00:00:00Z"))["items"] == []
    assert (await hooks.get("/api/audit", until="2000-01-01T00:00:00Z"))["items"] == []
    assert len((await hooks.get("/api/audit", since=at))["items"]) >= 1
    for query in ("outcome=odd", "since=then", "before=x"):
        async with hooks.http.get(f"/api/audit?{query}") as response:
            assert response.status == 400, query


async def test_export_and_verification(hooks: Any) -> None:
    async with hooks.http.post("/api/workspaces/main/tasks/plain/execute", json={}) as response:
        assert response.status == 200
    async with hooks.http.get("/api/audit/export") as response:
        assert response.content_type == "application/jsonl"
        rows = [orjson.loads(line) for line in (await response.read()).splitlines()]
    assert [row["verb"] for row in rows] == ["release.activate", "job.run"]
    assert all(row["hash"] for row in rows)
    found = await hooks.get("/api/audit/verify")
    assert (found["ok"], found["rows"], found["head"]["hash"]) == (True, 2, rows[-1]["hash"])
    async with hooks.http.get("/api/audit/export", params={"after": rows[0]["id"], "verb": "job.run"}) as response:
        assert [orjson.loads(line) for line in (await response.read()).splitlines()] == [rows[1]]


async def test_methods_that_change_rows_do_not_exist(hooks: Any) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for path in ("/api/audit", "/api/audit/export", "/api/audit/verify", "/api/audit/1"):
            async with hooks.http.request(method, path, json={}) as response:
                assert response.status in (404, 405), (method, path)
