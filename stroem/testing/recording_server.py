"""An HTTP server on loopback that stands for another one, and remembers what it was asked."""

import asyncio
import inspect
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
from aiohttp import web


@attrs.frozen(kw_only=True)
class Received:
    """A request as it came. `path` is as it was sent, still quoted; the names of `headers` are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@attrs.frozen(kw_only=True)
class Reply:
    """The responses of the server."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = attrs.Factory(dict)


Answering = Callable[[Received], Reply | Awaitable[Reply]]


@attrs.define
class RecordingServer:
    """The requests received, in order, and the server's address."""

    url: str
    received: list[Received] = attrs.Factory(list)


@asynccontextmanager
async def recording_server(answer: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[RecordingServer]:
    """Serves until the end of the block, on a port that is free; over https with a certificate."""
    server = RecordingServer(url="")

    async def handle(request: web.Request) -> web.Response:
        received = Received(
            method=request.method,
            path=request.raw_path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        server.received.append(received)
        reply = answer(received)
        made = await reply if inspect.isawaitable(reply) else reply
        return web.json_response(made.body, status=made.status, headers=dict(made.headers))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        host, port = runner.addresses[0][:2]
        server.url = f"{'https' if tls else 'http'}://{host}:{port}"
        yield server
    finally:
        await runner.cleanup()


async def never(_: Received) -> Reply:
    """An answer that does not come."""
    await asyncio.Event().wait()
    raise AssertionError
