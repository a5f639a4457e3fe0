"""Database, server and worker in one process: what `stroem up` and `stroem run` start."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs

from stroem.cli.failure import Failure
from stroem.cli.signals import StopRequest
from stroem.registry.registry import Registry, load_plugins
from stroem.server.serving import serve
from stroem.settings.environment import PREFIX
from stroem.settings.loader import server_settings, worker_settings
from stroem.settings.server import ServerSettings
from stroem.settings.worker import WorkerSettings
from stroem.store.embedded import EmbeddedPostgres
from stroem.worker.worker import Worker

LOOK_SECS = 0.02
DRAIN_SECS = 10


@attrs.frozen(kw_only=True)
class StandaloneOptions:
    """What to start and where. `workspaces` are folders by name; port 0 is any free one."""

    data_dir: Path
    worker_token: str = attrs.field(repr=False)
    workspaces: Mapping[str, Path]
    host: str = "127.0.0.1"
    port: int = 0
    max_concurrent: int = 16


@attrs.frozen
class Standalone:
    """What runs: the server's address, and the worker's task, which ends early only by a failure."""

    address: str
    worker: asyncio.Task[None]

    async def run_until(self, stop: asyncio.Event) -> None:
        """Waits for `stop`. Raises what the worker failed with, if it does before."""
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({stopped, self.worker}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if self.worker.done():
            self.worker.result()


@asynccontextmanager
async def standalone(options: StandaloneOptions, stop: StopRequest) -> AsyncIterator[Standalone]:
    """Starts everything; ready when every workspace was looked at and the worker is registered.

    Stops in the order in which nothing is lost: the worker brings its steps to an end and reports them, then
    the server, then the database.
    """
    registry = load_plugins()
    _refuse_taken_port(options)
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(embedded_database(options.data_dir / "postgres", stop))
        server = server_settings(_server_data(options, database_url), _environment_of(ServerSettings))
        address = await stack.enter_async_context(serving(server, registry))
        worker = worker_settings(_worker_data(options, registry, address), _environment_of(WorkerSettings))
        task = await stack.enter_async_context(working(worker, registry))
        await _ready(address, task)
        yield Standalone(address, task)


@asynccontextmanager
async def embedded_database(folder: Path, stop: StopRequest) -> AsyncIterator[str]:
    """The address of an embedded PostgreSQL that runs meanwhile, and is not left behind by a forced end."""
    database = EmbeddedPostgres(folder)
    stop.at_force.append(lambda: _end_at_once(database))
    url = await asyncio.to_thread(database.start)
    try:
        yield url
    finally:
        await asyncio.to_thread(database.stop)


def _end_at_once(database: EmbeddedPostgres) -> None:
    if database.pid is not None:
        os.kill(database.pid, signal.SIGQUIT)  # its "immediate shutdown": what was committed is kept


@asynccontextmanager
async def serving(settings: ServerSettings, registry: Registry) -> AsyncIterator[str]:
    """The address of a server that runs meanwhile."""
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(settings, registry, stop=stop, ready=address.set_result))
    await asyncio.wait({task, address}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            task.result()
        yield address.result()
    finally:
        stop.set()
        await task


@asynccontextmanager
async def working(settings: WorkerSettings, registry: Registry) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that runs meanwhile, and is drained at the end."""
    worker = Worker(settings, registry)
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        worker.drain()
        await task


def _refuse_taken_port(options: StandaloneOptions) -> None:
    """Raises `Failure` before anything is started on a port that somebody else has."""
    with socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            raise Failure(
                f"Cannot listen on {options.host}:{options.port}: {os.strerror(error.errno or 0)}.\n"
                "Choose another port with --port (0 is any free one)."
            ) from error


def _server_data(options: StandaloneOptions, database_url: str) -> dict[str, Any]:
    return {
        "listen": f"{options.host}:{options.port}",
        "db": {"url": database_url},
        "worker_token": options.worker_token,
        "blobs": {"url": (options.data_dir / "blobs").as_uri()},
        "workspaces": {name: {"type": "folder", "path": str(path)} for name, path in options.workspaces.items()},
    }


def _worker_data(options: StandaloneOptions, registry: Registry, address: str) -> dict[str, Any]:
    abilities = sorted({runner.ability for runner in registry.runners.values()})
    if not abilities:
        raise Failure("No plugin that runs steps is installed. The usual ones: pip install 'stroem[standard]'")
    return {
        "server_url": address,
        "worker_token": options.worker_token,
        "worker_name": socket.gethostname(),
        "max_concurrent": options.max_concurrent,
        "poll_interval_secs": 1,
        "workspace_cache_dir": str(options.data_dir / "worker"),
        "capabilities": abilities,
        "drain_timeout_secs": DRAIN_SECS,
    }


def _environment_of(cls: type) -> dict[str, str]:
    """The variables that set something of a class; those that no class knows go to the server, which refuses them."""
    own = {field.name for field in attrs.fields(cls)}
    worker_only = {field.name for field in attrs.fields(WorkerSettings)} - {
        field.name for field in attrs.fields(ServerSettings)
    }
    chosen = {}
    for name, value in os.environ.items():
        section = name.removeprefix(PREFIX).partition("__")[0].lower()
        if name.startswith(PREFIX) and (section in own or (cls is ServerSettings and section not in worker_only)):
            chosen[name] = value
    return chosen


async def _ready(address: str, worker: asyncio.Task[None]) -> None:
    """Waits until every workspace was looked at and the worker is registered."""
    async with aiohttp.ClientSession(address) as session:
        while not await _is_ready(session):
            if worker.done():
                worker.result()
                raise Failure("The worker ended before it was ready.")
            await asyncio.sleep(LOOK_SECS)


async def _is_ready(session: aiohttp.ClientSession) -> bool:
    async with session.get("/api/workspaces") as response:
        workspaces = await response.json()
    async with session.get("/api/workers") as response:
        workers = await response.json()
    looked = all(workspace["checked_at"] for workspace in workspaces)
    return looked and any(worker["status"] == "active" for worker in workers["items"])
