"""Applications of aiohttp on ports of loopback."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiohttp import web


def plain_runner(app: web.Application) -> web.AppRunner:
    """A runner that does not wait for requests at its end."""
    return web.AppRunner(app, access_log=None, shutdown_timeout=0.1)


@asynccontextmanager
async def listening(runner: web.AppRunner, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serves on a free port during the block; yields the address."""
    try:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def listening_in_thread(app: web.Application) -> Iterator[str]:
    """Serves from another thread during the block; yields the address."""
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    address = ""

    async def serve() -> None:
        nonlocal address
        async with listening(plain_runner(app)) as address:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(60)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
