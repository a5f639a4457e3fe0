"""Requests to webhooks: who may call, what starts, what is stored."""

import asyncio
import io
from typing import Any

import aiohttp
import pytest

from stroem.server.keys import SERVICES
from stroem.store.artifacts import retention
from tests.server.conftest import Running
from tests.server.hooks.conftest import SECRET, deliveries, post, signed

BEARER = {"Authorization": f"Bearer {SECRET}"}


async def test_the_answer_and_the_job_of_the_contract(hooks: Running) -> None:
    status, found = await post(hooks, f"push?secret={SECRET}&k=v", {"who": "Ada"})
    assert (status, found) == (200, {"job_id": found["job_id"], "trigger": "push", "task": "greet"})
    job = await hooks.get(f"/api/jobs/{found['job_id']}")
    assert (job["source_type"], job["source_id"]) == ("webhook", "main/on-push")
    assert job["input"]["who"] == "Ada"
    assert {name: job["input"][name] for name in ("body", "method", "query")} == {
        "body": {"who": "Ada"},
        "method": "POST",
        "query": {"k": "v"},
    }
    assert job["input"]["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["push", "main/push"])
async def test_a_wrong_secret(hooks: Running, path: str) -> None:
    for query, headers in (("", {}), ("?secret=x", {}), ("", {"Authorization": "Bearer x"})):
        status, found = await post(hooks, path + query, {"who": "Ada"}, headers=headers)
        assert (status, found["error"]) == (401, "Invalid or missing secret")
    assert [one["verdict"] for one in await deliveries(hooks, "on-push")] == ["refused"] * 3
    assert (await post(hooks, path, {"who": "Ada"}, headers=BEARER))[0] == 200


@pytest.mark.parametrize("path", ["none", "main/none", "none/push", "disabled", "main/disabled", "_source/push/x/y"])
async def test_an_unknown_or_disabled_webhook(hooks: Running, path: str) -> None:
    status, found = await post(hooks, path)
    assert (status, found["code"]) == (404, "not-found")


async def test_methods(hooks: Running) -> None:
    for method in ("GET", "PUT", "POST"):
        async with hooks.http.request(method, "/hooks/orders?order=1", json={"order": 1}) as response:
            assert response.status == (400 if method == "GET" else 200), await response.text()
    async with hooks.http.get("/hooks/quick") as response:
        job = await hooks.get(f"/api/jobs/{(await response.json())['job_id']}")
        assert (job["input"]["method"], job["input"]["body"]) == ("GET", None)
    for method in ("HEAD", "DELETE", "PATCH"):
        async with hooks.http.request(method, "/hooks/orders") as response:
            assert response.status == 405
    assert len(await deliveries(hooks, "orders")) == 3


async def test_a_body_beyond_the_limit(hooks: Running) -> None:
    status, found = await post(hooks, "orders", data=io.BytesIO(b"x" * (5 * 1024 * 1024 + 1)))
    assert (status, found["code"]) == (413, "too-large")


async def test_a_signed_request_and_one_that_was_changed(hooks: Running) -> None:
    body = b'{"who": "Ada", "card": 4111}'
    assert (await post(hooks, "signed", data=body, headers=signed(body)))[0] == 200
    status, found = await post(hooks, "signed", data=body + b" ", headers=signed(body))
    assert (status, found["error"]) == (401, "Invalid or missing signature")


async def test_a_filtered_request(hooks: Running) -> None:
    body = b'{"who": "nobody"}'
    headers = {**signed(body), "x-github-delivery": "d-1"}
    first = await post(hooks, "signed", data=body, headers=headers)
    assert first == (
        200,
        {"job_id": None, "trigger": "signed", "task": "plain", "verdict": "filtered", "reason": "`if` is false"},
    )
    status, second = await post(hooks, "signed", data=body, headers=headers)
    assert (status, second["job_id"], second["duplicate"]) == (200, None, True)


async def test_a_ping_is_answered_without_a_job(hooks: Running) -> None:
    body = b'{"zen": "Design for failure."}'
    headers = {**signed(body), "x-github-event": "ping"}
    assert await post(hooks, "signed", data=body, headers=headers) == (200, {"ok": True})
    assert [one["verdict"] for one in await deliveries(hooks, "on-change")] == ["answered"]
    assert (await hooks.get("/api/jobs"))["total"] == 0


async def test_an_id_starts_one_job(hooks: Running) -> None:
    """However many requests bring it at the same time."""
    headers = {**BEARER, "X-GitHub-Delivery": "72d3162e"}
    found = await asyncio.gather(*(post(hooks, "push", {"who": "Ada"}, headers=headers) for _ in range(20)))
    assert {status for status, _ in found} == {200}
    assert len({one["job_id"] for _, one in found}) == 1
    assert sum("duplicate" not in one for _, one in found) == 1
    assert (await hooks.get("/api/jobs"))["total"] == 1
    verdicts = [one["verdict"] for one in await deliveries(hooks, "on-push")]
    assert sorted(verdicts) == ["duplicate"] * 19 + ["started"]


async def test_a_template_makes_the_id(hooks: Running) -> None:
    first, again = [await post(hooks, "orders", {"order": "A-1"}) for _ in range(2)]
    assert again == (200, {**first[1], "duplicate": True})
    assert (await post(hooks, "orders", {"order": "A-2"}))[1]["job_id"] != first[1]["job_id"]
    assert [one["key"] for one in await deliveries(hooks, "orders")] == ["dedup:A-1", "dedup:A-1", "dedup:A-2"]


async def test_an_id_counts_for_a_day(hooks: Running) -> None:
    _, first = await post(hooks, "orders", {"order": "A-1"})

    async def age() -> None:
        async with hooks.app[SERVICES].database.read() as connection:
            await connection.execute("UPDATE trigger_fires SET at = at - interval '25 hours'")

    await age()
    _, second = await post(hooks, "orders", {"order": "A-1"})
    assert second["job_id"] != first["job_id"]
    assert (await post(hooks, "orders", {"order": "A-1"}))[1] == {**second, "duplicate": True}
    await age()
    _, third = await post(hooks, "orders", {"order": "A-1"})
    assert third["job_id"] not in (first["job_id"], second["job_id"])
    assert "duplicate" not in third


async def test_a_request_that_fits_no_job_can_come_again(hooks: Running) -> None:
    headers = {**BEARER, "X-GitHub-Delivery": "d-1"}
    for body in ({}, {"who": [1]}):
        status, found = await post(hooks, "push", body, headers=headers)
        assert (status, found["code"]) == (400, "bad-request")
    status, found = await post(hooks, "push", {"who": "Ada"}, headers=headers)
    assert (status, "duplicate" in found) == (200, False)
    assert [one["verdict"] for one in await deliveries(hooks, "on-push")] == ["failed", "failed", "started"]


async def test_a_rate(hooks: Running) -> None:
    assert [(await post(hooks, "rare"))[0] for _ in range(2)] == [200, 200]
    async with hooks.http.post("/hooks/rare") as response:
        assert response.status == 429
        assert 1 <= int(response.headers["Retry-After"]) <= 7200
        assert (await response.json())["code"] == "too-many-requests"
    assert [one["verdict"] for one in await deliveries(hooks, "rare")] == ["started", "started", "rate_limited"]
    assert (await hooks.get("/api/jobs"))["total"] == 2


async def test_a_paused_webhook(hooks: Running) -> None:
    async with hooks.http.post("/api/workspaces/main/triggers/rare/pause", json={"reason": "x"}) as response:
        assert response.status == 200
    async with hooks.http.post("/hooks/rare") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "60")
    (one,) = await deliveries(hooks, "rare")
    assert (one["verdict"], one["reason"]) == ("refused", "the trigger is paused")


async def test_refused_requests_are_recorded_up_to_a_bound(hooks: Running) -> None:
    """Anyone can send them."""
    for _ in range(40):
        assert (await post(hooks, "push"))[0] == 401
    assert len(await deliveries(hooks, "on-push")) == 30
    assert hooks.app[SERVICES].triggers.counters.deliveries["refused"] == 40


async def test_files_are_artifacts_of_the_job(hooks: Running) -> None:
    form = aiohttp.FormData()
    form.add_field("title", "a report")
    form.add_field("report", b"\x89\x00bytes", filename="report.bin", content_type="application/x-report")
    form.add_field("empty", b"", filename="empty.txt", content_type="text/plain")
    status, found = await post(hooks, "quick", data=form)
    assert status == 202
    job = await hooks.get(f"/api/jobs/{found['job_id']}")
    about = {"artifact": "report.bin", "filename": "report.bin", "content_type": "application/x-report", "size": 7}
    assert (job["input"]["body"]["title"], job["input"]["body"]["report"]) == ("a report", about)
    listed = await hooks.get(f"/api/jobs/{found['job_id']}/artifacts")
    assert [(one["name"], one["size_bytes"], one["step_name"]) for one in listed] == [
        ("empty.txt", 0, "_request"),
        ("report.bin", 7, "_request"),
    ]
    async with hooks.http.get(f"/api/jobs/{found['job_id']}/artifacts/report.bin") as response:
        assert (await response.read(), response.content_type) == (b"\x89\x00bytes", "application/x-report")
    (page,) = (await hooks.get("/api/workspaces/main/artifacts", name="report*"))["items"]
    assert (page["job_id"], page["name"]) == (found["job_id"], "report.bin")
    assert not (await deliveries(hooks, "quick"))[0]["can_redeliver"]
    async with hooks.app[SERVICES].database.read() as connection:
        assert await retention.check_artifacts(connection, 100, 0) == 0


async def test_no_secret_reaches_the_database(hooks: Running) -> None:
    body = b'{"who": "Ada", "card": "card-4111"}'
    headers = {**signed(body), "authorization": "Basic kept-nowhere", "cookie": "kept-nowhere"}
    signature = headers["x-hub-signature-256"].removeprefix("sha256=")
    assert (await post(hooks, "signed", data=body, headers=headers))[0] == 200
    assert (await post(hooks, f"push?secret={SECRET}", {"who": "Ada"}))[0] == 200
    assert (await post(hooks, "push?secret=kept-nowhere", {"who": "Ada"}))[0] == 401
    stored = await everything_in(hooks)
    assert "Ada" in stored
    for secret in (SECRET, signature, "card-4111", "kept-nowhere"):
        assert secret not in stored


async def everything_in(hooks: Running) -> str:
    """All rows of all tables but those of releases, as text."""
    async with hooks.app[SERVICES].database.read() as connection:
        rows = await (
            await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).fetchall()
        texts: list[Any] = []
        for (table,) in rows:
            texts += await (await connection.execute(f"SELECT t::text FROM {table} t".encode())).fetchall()
    return "\n".join(text for (text,) in texts)
