"""Bodies, heads and connections that come slowly, over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from stroem.server.http.admission import ANONYMOUS_BODIES, MAX_PER_ADDRESS, AdmissionLimiter

TOKEN = "a-token-that-nobody-guesses"
EXECUTE = "/api/workspaces/main/tasks/hello/execute"
HOOK = "/hooks/_source/script"


@contextlib.asynccontextmanager
async def sent(server: Any, text: str) -> AsyncIterator[asyncio.StreamReader]:
    """A connection on which so much was sent, and what comes back."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(text.encode())
    await writer.drain()
    try:
        yield reader
    finally:
        writer.close()


def head(path: str, *more: str, length: int = 1000) -> str:
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Content-Length: {length}")
    return "\r\n".join((*lines, *more, "", ""))


class TestDeadlines:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {
            "STROEM__LIMITS__BODY_SECS": "0.2",
            "STROEM__LIMITS__IDLE_SECS": "0.2",
            "STROEM__PUSH_HOOKS": f"{{script: {{type: plain, secret: {TOKEN}}}}}",
        }

    @pytest.mark.parametrize(
        ("path", "more"),
        [
            (EXECUTE, ()),
            (HOOK, (f"Authorization: Bearer {TOKEN}",)),
            ("/worker/register", ("Authorization: Bearer a-token-that-all-the-workers-share",)),
        ],
    )
    async def test_a_body_that_does_not_come_is_given_up(self, server: Any, path: str, more: tuple[str, ...]) -> None:
        async with sent(server, head(path, *more) + "{") as reader:
            answer = await reader.readuntil(b"0.2 s")
        assert answer.startswith(b"HTTP/1.1 400")

    @pytest.mark.parametrize("text", ["", "POST", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
    async def test_a_head_that_does_not_come_ends_the_connection(self, server: Any, text: str) -> None:
        async with sent(server, text) as reader:
            assert await reader.read() == b""

    async def test_an_idle_connection_ends(self, server: Any) -> None:
        async with sent(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") as reader:
            assert (await reader.read()).startswith(b"HTTP/1.1 200")


class TestSlots:
    @pytest.fixture
    def overrides(self) -> dict[str, str]:
        return {"STROEM__PUSH_HOOKS": f"{{script: {{type: plain, secret: {TOKEN}}}}}"}

    @pytest.mark.parametrize("wrong", [(), ("Authorization: Bearer no",)])
    async def test_the_token_of_a_push_is_looked_at_before_its_body(self, server: Any, wrong: tuple[str, ...]) -> None:
        async with sent(server, head(HOOK, *wrong)) as reader:
            assert (await reader.readline()).startswith(b"HTTP/1.1 401")

    @pytest.mark.parametrize(
        ("path", "more"), [(HOOK, ("X-Signature-256: sha256=0",)), (EXECUTE, ())], ids=["push", "api"]
    )
    async def test_slow_senders_keep_nobody_out(self, server: Any, path: str, more: tuple[str, ...]) -> None:
        async with contextlib.AsyncExitStack() as stack:
            slow = [
                await stack.enter_async_context(sent(server, head(path, *more) + "{"))
                for _ in range(MAX_PER_ADDRESS + 3)
            ]
            for reader in slow[:3]:  # the oldest gave way
                assert (await reader.readline()).startswith(b"HTTP/1.1 503")
            async with server.http.post(
                HOOK, headers={"Authorization": f"Bearer {TOKEN}"}, json={"url": "https://git.example.org/a"}
            ) as response:
                assert response.status == 202, await response.text()
            await server.start_job()
        assert server.app[ANONYMOUS_BODIES].free_bytes > 0


async def test_one_address_has_its_share_only() -> None:
    limiter = AdmissionLimiter(100, max_requests=4, max_per_address=2)

    async def receive(address: str, begun: asyncio.Event) -> bool:
        with limiter.slot(address) as slot:
            try:
                async with asyncio.timeout(60) as slot.deadline:
                    begun.set()
                    await asyncio.Future()
            except TimeoutError:
                return slot.is_dropped

    async def begin(address: str) -> "asyncio.Task[bool]":
        begun = asyncio.Event()
        task = asyncio.create_task(receive(address, begun))
        await begun.wait()
        return task

    first, second, other = await begin("10.0.0.1"), await begin("10.0.0.1"), await begin("10.0.0.2")
    third = await begin("10.0.0.1")
    assert await first, "an address with its share gives up its own oldest"
    sixth = await begin("2001:db8::1")
    seventh = await begin("2001:db8::2")
    assert await second, "a full room takes from the address that has the most"
    for task in (third, other, sixth, seventh):
        assert not task.done()
        task.cancel()
    await asyncio.gather(third, other, sixth, seventh, return_exceptions=True)
    assert limiter.free_bytes == 100
