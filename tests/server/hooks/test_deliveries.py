"""Deliveries of webhooks: listed, delivered again, tried without effect."""

from typing import Any

import pytest

from stroem.server.keys import SERVICES
from tests.server.conftest import Running
from tests.server.hooks.conftest import SECRET, deliveries, post, signed


async def redeliver(hooks: Running, number: int) -> tuple[int, Any]:
    async with hooks.http.post(f"/api/deliveries/{number}/redeliver") as response:
        return response.status, await response.json()


async def tried(hooks: Running, trigger: str, **body: Any) -> Any:
    path = f"/api/workspaces/main/triggers/{trigger}/deliveries/test"
    async with hooks.http.post(path, json=body) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def test_what_is_listed(hooks: Running) -> None:
    _, first = await post(hooks, "orders", {"order": "A"})
    await post(hooks, "orders", {"order": "A"})
    one, two = await deliveries(hooks, "orders")
    assert (one["verdict"], one["job_id"], one["key"], one["can_redeliver"]) == (
        "started",
        first["job_id"],
        "dedup:A",
        True,
    )
    assert (one["remote"], one["method"], one["size_bytes"]) == ("127.0.0.1", "POST", len(b'{"order": "A"}'))
    assert (two["verdict"], two["job_id"], two["can_redeliver"]) == ("duplicate", first["job_id"], False)
    path = "/api/workspaces/main/triggers/orders/deliveries"
    assert [one["verdict"] for one in (await hooks.get(path, verdict="duplicate"))["items"]] == ["duplicate"]
    page = await hooks.get(path, limit=1)
    assert (len(page["items"]), page["has_more"]) == (1, True)


@pytest.mark.parametrize(("trigger", "status"), [("none", 404), ("orders", 200)])
async def test_deliveries_of_an_unknown_trigger(hooks: Running, trigger: str, status: int) -> None:
    async with hooks.http.get(f"/api/workspaces/main/triggers/{trigger}/deliveries") as response:
        assert response.status == status


async def test_a_request_is_delivered_again(hooks: Running) -> None:
    """Its input is that of the first, and its id does not keep it from starting a job."""
    _, first = await post(hooks, f"push?secret={SECRET}", {"who": "Ada"}, headers={"x-github-delivery": "d-1"})
    (one,) = await deliveries(hooks, "on-push")
    status, found = await redeliver(hooks, one["id"])
    assert (status, found["verdict"]) == (200, "started")
    assert found["job_id"] != first["job_id"]
    old, new = [await hooks.get(f"/api/jobs/{job_id}") for job_id in (first["job_id"], found["job_id"])]
    assert new["input"] == old["input"]
    _, again = await deliveries(hooks, "on-push")
    assert (again["redelivery_of"], again["actor"], again["job_id"]) == (one["id"], "anonymous", found["job_id"])
    (event,) = (await hooks.get("/api/events", kind="trigger_fired"))["items"]
    assert event["message"] == f"Delivery {one['id']} of trigger 'on-push' is delivered again"


async def test_a_failed_request_is_delivered_again_after_a_repair(hooks: Running) -> None:
    assert (await post(hooks, "orders", {"id": 1}))[0] == 400
    workflows = hooks.folder / ".workflows" / "main.yaml"
    workflows.write_text(workflows.read_text().replace("body.order", "body.id"))
    assert (await post(hooks, f"push?secret={SECRET}", {}))[0] == 400
    one = (await deliveries(hooks, "on-push"))[0]
    status, found = await redeliver(hooks, one["id"])
    assert (status, found["code"]) == (400, "bad-request")
    workflows.write_text(workflows.read_text().replace("{{ body.who }}", "someone"))
    async with hooks.http.post("/api/workspaces/main/refresh") as response:
        assert response.status == 200
    await hooks.app[SERVICES].triggers.sync.run_once()
    assert (await redeliver(hooks, one["id"]))[1]["verdict"] == "started"


async def test_what_cannot_be_delivered_again(hooks: Running) -> None:
    assert (await redeliver(hooks, 2**62))[0] in (400, 404)
    assert (await redeliver(hooks, 999))[0] == 404
    await post(hooks, "push", {"who": "Ada"})
    (one,) = await deliveries(hooks, "on-push")
    status, found = await redeliver(hooks, one["id"])
    assert (status, "refused" in found["error"]) == (409, True)


async def test_a_large_request_is_not_stored_for_a_redelivery(hooks: Running) -> None:
    assert (await post(hooks, "orders", {"order": "A", "more": "x" * 300_000}))[0] == 200
    (one,) = await deliveries(hooks, "orders")
    assert not one["can_redeliver"]
    assert (await redeliver(hooks, one["id"]))[0] == 409


async def test_a_request_is_tried_without_effect(hooks: Running) -> None:
    body = '{"who": "Ada", "card": 4111}'
    found = await tried(hooks, "on-change", body=body, headers=signed(body.encode()))
    assert (found["verdict"], found["refused"], found["task"], found["warnings"]) == ("started", None, "plain", [])
    assert found["input"]["body"] == {"who": "Ada", "card": "••••••"}
    found = await tried(hooks, "on-change", body=body, headers={"Content-Type": "application/json"})
    assert (found["verdict"], "missing" in found["refused"], found["task"]) == ("refused", True, "plain")
    body = '{"who": "nobody"}'
    assert (await tried(hooks, "on-change", body=body, headers=signed(body.encode())))["verdict"] == "filtered"
    body = "{}"
    found = await tried(hooks, "on-change", body=body, headers={**signed(b"{}"), "x-github-event": "ping"})
    assert (found["verdict"], found["answer"]) == ("answered", '{"ok":true}')
    found = await tried(hooks, "orders", body=body, headers={"content-type": "application/json"})
    assert (found["verdict"], "order" in found["reason"]) == ("failed", True)
    assert await deliveries(hooks, "on-change") == await deliveries(hooks, "orders") == []
    assert (await hooks.get("/api/jobs"))["total"] == 0


async def test_a_duplicate_is_told(hooks: Running) -> None:
    _, first = await post(hooks, "orders", {"order": "A"})
    found = await tried(hooks, "orders", body='{"order": "A"}', headers={"content-type": "application/json"})
    assert (found["verdict"], found["duplicate_of"], found["key"]) == ("duplicate", first["job_id"], "dedup:A")
