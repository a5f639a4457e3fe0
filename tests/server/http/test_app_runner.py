"""Requests that are too long to be read, or are no HTTP."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest


async def raw(server: Any, request: bytes) -> tuple[int, Any]:
    """The status and the JSON of the answer to bytes."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(request)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    assert b"application/json" in head
    return int(head.split()[1]), orjson.loads(body)


async def test_a_url_of_more_than_eight_kibibytes_is_read(server: Any) -> None:
    async with server.http.get("/api/jobs", params={"search": "x" * 12_000}) as response:
        assert response.status in (200, 400)
        assert response.content_type == "application/json"


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (b"GET /api/jobs?search=" + b"marked" * 4000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, "uri-too-long"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"marked" * 8000 + b"\r\n\r\n", 431, "header-too-long"),
        (b"marked nonsense\r\n\r\n", 400, "bad-request"),
    ],
)
async def test_what_cannot_be_read_is_not_repeated(server: Any, request_: bytes, status: int, code: str) -> None:
    found, answer = await raw(server, request_)
    assert (found, answer["code"]) == (status, code)
    assert "marked" not in str(answer)
