"""One JSON shape for whatever goes wrong."""

import asyncio
import io
import logging
import urllib.parse
from typing import Any

import aiohttp
import pytest
import yarl

from stroem.server.keys import SERVICES


async def failure(response: aiohttp.ClientResponse, status: int) -> dict[str, Any]:
    """The body of a failure, which must have the one shape."""
    assert response.status == status, await response.text()
    assert response.content_type == "application/json"
    body: dict[str, Any] = await response.json()
    assert set(body) <= {"error", "code", "fields"}
    assert isinstance(body["error"], str)
    assert body["code"] == body["code"].lower()
    return body


EXECUTE = "/api/workspaces/main/tasks/hello/execute"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("data", "headers", "status", "code", "words"),
    [
        (b"{", JSON, 400, "bad-request", "not valid JSON"),
        (b"", JSON, 400, "bad-request", "it is empty"),
        (b'\xff{"a":1}', JSON, 400, "bad-request", "not valid JSON"),
        (b"[]", JSON, 400, "bad-request", "expected a map, found a list"),
        (b'{"input": 3}', JSON, 400, "bad-request", "input: expected a map, found a whole number"),
        (b'{"input": {}, "source_job_id": "x"}', JSON, 400, "bad-request", "source_job_id: expected a UUID"),
        (b'{"input":{"a":' + b"[" * 300 + b"]" * 300 + b"}}", JSON, 400, "bad-request", "nested more than 100"),
        (b"[" * 100_000 + b"]" * 100_000, JSON, 400, "bad-request", "nested more than 100"),
        (b'{"a":' * 50_000, JSON, 400, "bad-request", "nested more than 100"),
        (b'{"input":{"a":"\\ud800"}}', JSON, 400, "bad-request", "input.a: holds half of a surrogate pair"),
        (b'{"input":{"a":"\\u0000"}}', JSON, 400, "bad-request", "input.a: holds the character NUL"),
        (b'{"input":{"\\u0000":1}}', JSON, 400, "bad-request", "input: has a key that holds the character NUL"),
        (b'{"input":{"a":[9223372036854775808]}}', JSON, 400, "bad-request", "input.a[0]: is a whole number beyond"),
        (b'{"input":{"a":12345678901234567890123}}', JSON, 400, "bad-request", "input.a: is a whole number beyond"),
        (b'{"input":{"a":1e400}}', JSON, 400, "bad-request", "input.a: is not a finite number"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported-media-type", "application/json"),
        (b"{}", {**JSON, "Content-Encoding": "gzip"}, 400, "bad-request", ""),
    ],
)
async def test_malformed_bodies(
    server: Any, data: bytes, headers: dict[str, str], status: int, code: str, words: str
) -> None:
    async with server.http.post(EXECUTE, data=data, headers=headers) as response:
        body = await failure(response, status)
    assert body["code"] == code
    assert words in body["error"]


async def test_the_fields_at_fault_are_named(server: Any) -> None:
    async with server.http.post(EXECUTE, json={"input": {"count": "many"}}) as response:
        body = await failure(response, 400)
    assert body["code"] == "invalid-input"
    assert {field["field"] for field in body["fields"]} == {"input.name", "input.count"}


async def test_mistakes_in_a_list_are_named_by_their_place(server: Any) -> None:
    body = {"worker_id": "x", "capabilities": ["script", 3], "tags": [], "outcomes": [{"job_id": 5}]}
    async with server.worker.post("/worker/jobs/claim", json=body) as response:
        found = await failure(response, 400)
    assert {field["field"] for field in found["fields"]} >= {
        "worker_id",
        "capabilities[1]",
        "outcomes[0].job_id",
        "outcomes[0].step_name",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not-found"),
        ("GET", "/nothing/at/all", 404, "not-found"),
        ("POST", "/worker/nothing/at/all", 404, "not-found"),
        ("DELETE", "/api/workspaces", 405, "method-not-allowed"),
        ("GET", "/api/jobs/not-a-uuid", 400, "bad-request"),
        ("GET", "/api/jobs/00000000-0000-4000-8000-000000000000", 404, "not-found"),
        ("POST", "/api/jobs/00000000-0000-4000-8000-000000000000/cancel", 404, "not-found"),
        ("GET", "/api/jobs/00000000-0000-4000-8000-000000000000/logs", 404, "not-found"),
        ("GET", "/api/workers/00000000-0000-4000-8000-000000000000", 404, "not-found"),
        ("GET", "/api/workspaces/other/tasks", 404, "not-found"),
        ("GET", "/api/workspaces/main/tasks/other", 404, "not-found"),
        ("GET", "/api/workspaces/main/tasks/other/stats", 404, "not-found"),
        ("GET", "/api/workspaces/main/tasks/a%00b", 400, "bad-request"),
        ("GET", "/api/workspaces/other/triggers", 404, "not-found"),
        ("POST", "/api/workspaces/other/refresh", 404, "not-found"),
        ("GET", "/api/jobs?limit=many", 400, "bad-request"),
        ("GET", "/api/jobs?task_name=hello", 400, "bad-request"),
        ("GET", "/api/jobs?status=odd", 400, "bad-request"),
        ("GET", "/api/jobs?source_type=odd", 400, "bad-request"),
        ("GET", "/api/jobs?search=" + "x" * 201, 400, "bad-request"),
        ("GET", "/api/jobs?search=%00", 400, "bad-request"),
        ("GET", "/api/jobs/00000000-0000-4000-8000-000000000000/logs/stream", 400, "bad-request"),
    ],
)
async def test_what_is_not_there_or_not_right(server: Any, method: str, path: str, status: int, code: str) -> None:
    async with server.http.request(method, path) as response:
        assert (await failure(response, status))["code"] == code


@pytest.mark.parametrize("step", ["deploy[0]", "deploy%5B0%5D", "a%2Fb", "a%20b"])
async def test_a_step_may_have_any_name(server: Any, step: str) -> None:
    job_id = await server.start_job()
    url = yarl.URL(f"{server.url}/worker/jobs/{job_id}/steps/{step}/complete", encoded=True)
    async with server.worker.post(url, json={"exit_code": 0}) as response:
        body = await failure(response, 404)
    assert f"Step {urllib.parse.unquote(step)!r} not found" in body["error"]


async def test_a_method_that_is_not_allowed_names_those_that_are(server: Any) -> None:
    async with server.http.put("/api/jobs") as response:
        await failure(response, 405)
        assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
async def test_a_body_that_is_too_large(server: Any, headers: dict[str, str]) -> None:
    async def pieces() -> Any:
        for _ in range(50):
            yield b" " * 100_000

    data = pieces() if headers else io.BytesIO(b" " * 3_000_000)
    async with server.http.post(EXECUTE, data=data, headers=JSON) as response:
        assert (await failure(response, 413))["code"] == "too-large"


@pytest.mark.parametrize(
    "head",
    [
        "GET /\x1b]0;title\x07 HTTP/1.1\r\nHost: localhost",
        "GET / HTTP/1.1",
        f"GET /{'a' * 9000} HTTP/1.1\r\nHost: localhost",
        "\x16\x03\x01\x02",
        f"POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: br",
        f"POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip"
        "\r\nContent-Length: 2",
        f"POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked",
    ],
)
async def test_requests_that_break_http_write_nothing_into_the_log(
    server: Any, caplog: pytest.LogCaptureFixture, head: str
) -> None:
    where = yarl.URL(server.url)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    with caplog.at_level(logging.INFO):
        writer.write(f"{head}\r\n\r\nzz\r\n\r\n".encode())
        answer = await reader.readline()
        writer.close()
        async with server.http.get("/healthz") as response:  # the connection before has been dealt with
            assert response.status == 200
    assert answer.split()[1:2] == [b"400"]
    assert caplog.records == []


async def test_what_nobody_foresaw_is_told_to_the_log_alone(
    server: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    await server.app[SERVICES].database.close()
    monkeypatch.setattr(type(server.app[SERVICES].database), "read", lambda self: 1 / 0)
    with caplog.at_level(logging.ERROR, "stroem.server"):
        async with server.http.get("/api/jobs") as response:
            assert await failure(response, 500) == {"error": "Internal server error", "code": "internal"}
    assert "GET /api/jobs failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (None, "Missing authorization header"),
        ("Basic abc", "Invalid authorization header format"),
        ("Bearer ", "Invalid worker token"),
        ("Bearer é", "Invalid worker token"),
        ("Bearer a-token-that-all-the-workers-shar", "Invalid worker token"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", "/worker/register"), ("GET", "/healthz/detail")])
async def test_workers_must_bear_their_token(
    server: Any, header: str | None, words: str, method: str, path: str
) -> None:
    headers = {} if header is None else {"Authorization": header}
    async with server.http.request(method, path, headers=headers) as response:
        assert await failure(response, 401) == {"error": words, "code": "unauthorized"}
