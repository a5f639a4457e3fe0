"""The server on its port."""

import asyncio
import gc
from collections.abc import Callable

from aiohttp import web

from stroem.registry.registry import Registry
from stroem.server.app import build_app
from stroem.settings.server import ServerSettings
from stroem.settings.settings_file import SettingsFile

_SHUTDOWN_SECS = 20
_COLLECT_AFTER = 10_000
_KEEPALIVE_SECS = 75


async def serve(
    settings: ServerSettings,
    registry: Registry,
    *,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    file: SettingsFile | None = None,
) -> None:
    """Serves until `stop` is set, as `file` says if there is one. `ready` is called with the address as soon as
    requests are answered.
    """
    runner = make_runner(build_app(settings, registry, file))
    try:
        await runner.setup()
        host, port = settings.address
        await web.TCPSite(runner, host, port).start()
        _set_heap_aside()
        ready(_address(runner))
        await stop.wait()
    finally:
        await runner.cleanup()


def _set_heap_aside() -> None:
    """What is there at start stays: the collector need not look at it again, nor look around so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def make_runner(app: web.Application) -> web.AppRunner:
    """What runs the application. A request whose client is gone is given up."""
    return web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=_SHUTDOWN_SECS,
        keepalive_timeout=_KEEPALIVE_SECS,
    )


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"
