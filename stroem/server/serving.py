"""Serves the application on its port."""

import asyncio
import gc
import os
from collections.abc import Callable

from aiohttp import web

from stroem.errors import CannotListen
from stroem.registry.registry import Registry
from stroem.server.app import build_app
from stroem.server.http.app_runner import AppRunner
from stroem.server.http.request_log import request_log
from stroem.server.keys import SETTINGS
from stroem.settings.loader import SettingsFile
from stroem.settings.server import ServerSettings

_SHUTDOWN_SECS = 20
_COLLECT_AFTER = 10_000


async def serve(
    settings: ServerSettings,
    registry: Registry,
    *,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    file: SettingsFile | None = None,
) -> None:
    """Serves until `stop` is set, and watches `file` if given. Calls `ready` with the address once it serves."""
    runner = make_runner(build_app(settings, registry, file))
    try:
        if not await _set_up(runner, stop):
            return
        await _listen(runner, *settings.address)
        _freeze_heap()
        ready(_address(runner))
        await stop.wait()
    finally:
        await runner.cleanup()


async def _set_up(runner: web.AppRunner, stop: asyncio.Event) -> bool:
    """Sets up the application, which may wait for its database. False when `stop` came before."""
    setup, stopped = asyncio.create_task(runner.setup()), asyncio.create_task(stop.wait())
    await asyncio.wait({setup, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not setup.done():
        setup.cancel()
        await asyncio.gather(setup, return_exceptions=True)
        return False
    await setup
    return True


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    """Takes the port. Raises `CannotListen`."""
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(host=host, port=port, reason=reason) from error


def _freeze_heap() -> None:
    """Excludes the objects of startup from garbage collection, and makes it less frequent."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)


def make_runner(app: web.Application) -> web.AppRunner:
    """The runner of the application. Handlers are cancelled when the client disconnects."""
    return AppRunner(
        app,
        access_log=None,
        logger=request_log(),
        handler_cancellation=True,
        shutdown_timeout=_SHUTDOWN_SECS,
        keepalive_timeout=app[SETTINGS].limits.idle_secs,
    )


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"
