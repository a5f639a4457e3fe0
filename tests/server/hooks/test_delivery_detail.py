"""One delivery of a webhook: its content without secrets, and its answer."""

from typing import Any

import pytest

from stroem.server.keys import SERVICES
from stroem.store.statement import execute
from tests.server.conftest import Running
from tests.server.hooks.conftest import SECRET, deliveries, post, signed

MARKER = "••••••"


async def newest(hooks: Running, trigger: str) -> Any:
    """The last delivery of a trigger, in full."""
    return await hooks.get(f"/api/deliveries/{(await deliveries(hooks, trigger))[-1]['id']}")


async def test_the_content_and_the_answer_of_a_request(hooks: Running) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "X-Api-Key": "k-1", "X-Note": f"key {SECRET}"}
    _, answer = await post(hooks, "push?k=v", {"who": "Ada", "told": SECRET}, headers=headers)
    found = await newest(hooks, "on-push")
    assert (found["workspace"], found["trigger"], found["verdict"]) == ("main", "on-push", "started")
    sent = found["request"]
    assert sent["query"] == {"k": "v"}
    assert [sent["headers"][name] for name in ("authorization", "x-api-key", "x-note")] == [
        MARKER,
        MARKER,
        f"key {MARKER}",
    ]
    assert (sent["body_kind"], sent["body"]) == ("json", {"who": "Ada", "told": MARKER})
    assert found["answer"] == {"status": 200, "body": answer}
    assert SECRET not in str(found)


async def test_a_signature_and_what_is_redacted_are_not_shown(hooks: Running) -> None:
    body = b'{"who": "Ada", "card": 4111}'
    assert (await post(hooks, "signed", data=body, headers=signed(body)))[0] == 200
    sent = (await newest(hooks, "on-change"))["request"]
    assert sent["headers"]["x-hub-signature-256"] == MARKER
    assert sent["body"] == {"who": "Ada", "card": MARKER}


@pytest.mark.parametrize(
    ("body", "content_type", "kind", "shown"),
    [
        (b"a=1&b=2&b=3", "application/x-www-form-urlencoded", "form", {"a": "1", "b": ["2", "3"]}),
        (b"<order/>", "application/xml", "text", "<order/>"),
        (b"\xff\xfe\x00\x01", "application/octet-stream", "binary", None),
        (b"{broken", "application/json", "text", "{broken"),
        (b"", "text/plain", "none", None),
    ],
)
async def test_kinds_of_bodies(hooks: Running, body: bytes, content_type: str, kind: str, shown: Any) -> None:
    assert (await post(hooks, "quick", data=body, headers={"content-type": content_type}))[0] == 202
    found = await newest(hooks, "quick")
    assert (found["request"]["body_kind"], found["request"]["body"]) == (kind, shown)
    assert (found["answer"], found["waits_for_job"]) == (None, True)


async def test_a_redelivery_has_the_content_of_the_first(hooks: Running) -> None:
    await post(hooks, "orders", {"order": "A"})
    (one,) = await deliveries(hooks, "orders")
    async with hooks.http.post(f"/api/deliveries/{one['id']}/redeliver") as response:
        assert response.status == 200
    again = await newest(hooks, "orders")
    assert (again["redelivery_of"], again["request"]["body"], again["answer"]) == (one["id"], {"order": "A"}, None)


async def test_answers_of_requests_without_a_new_job(hooks: Running) -> None:
    _, answer = [await post(hooks, "orders", {"order": "A"}) for _ in range(2)][1]
    found = await newest(hooks, "orders")
    assert (found["request"], found["answer"]) == (None, {"status": 200, "body": answer})
    assert found["not_shown"] == "Only requests that start a job, are filtered or fail are stored"
    assert (await post(hooks, "orders", {"order": "B", "more": "x" * 300_000}))[0] == 200
    assert (await newest(hooks, "orders"))["not_shown"] == "It is larger than 256 KiB, or has files"
    assert (await post(hooks, "orders", {"id": 1}))[0] == 400
    assert (await newest(hooks, "orders"))["answer"] == {"status": 400, "body": None}
    assert (await post(hooks, "push", {"who": "Ada"}))[0] == 401
    found = await newest(hooks, "on-push")
    assert (found["request"], found["answer"]) == (None, None)


async def test_all_is_masked_once_the_job_is_gone(hooks: Running) -> None:
    await post(hooks, "orders", {"order": "A"})
    (one,) = await deliveries(hooks, "orders")
    async with hooks.app[SERVICES].database.begin() as connection:
        await execute(connection, "DELETE FROM jobs WHERE id = %s", (one["job_id"],))
    assert (await newest(hooks, "orders"))["request"]["body"] == {MARKER: MARKER}


async def test_an_unknown_delivery(hooks: Running) -> None:
    async with hooks.http.get("/api/deliveries/999") as response:
        assert response.status == 404
