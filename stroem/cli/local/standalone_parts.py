"""Server and worker of `standalone`: their settings, start and end."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import attrs

from stroem.cli.local.standalone_options import StandaloneOptions
from stroem.cli.output.errors import Failure
from stroem.registry.registry import Registry
from stroem.server.serving import serve
from stroem.settings.environment import PREFIX
from stroem.settings.loader import SettingsFile, server_settings, worker_settings
from stroem.settings.server import ServerSettings
from stroem.settings.worker import WorkerSettings
from stroem.worker.worker import Worker

POLL_SECS = 0.02
DRAIN_SECS = 10
_KEY_ENV = f"{PREFIX}ENCRYPTION__KEY_ENV"


def settings_file_for(options: StandaloneOptions, database_url: str) -> SettingsFile | None:
    """The settings file, if one is given; settings that it leaves out come from the options."""
    if options.config is None:
        return None
    base = _server_data(options, database_url)
    return SettingsFile(path=options.config, environ=_environment_of(ServerSettings, options.environ), base=base)


def server_settings_for(
    options: StandaloneOptions, database_url: str, file: SettingsFile | None = None
) -> ServerSettings:
    """Settings of the server. The environment overrides the file, the file overrides the options."""
    if file is not None:
        return file.settings(file.read())
    return server_settings(_server_data(options, database_url), _environment_of(ServerSettings, options.environ))


def worker_settings_for(options: StandaloneOptions, registry: Registry, address: str) -> WorkerSettings:
    """Settings of a worker with every installed runner. The environment overrides the options."""
    return worker_settings(_worker_data(options, registry, address), _environment_of(WorkerSettings, options.environ))


@asynccontextmanager
async def serving(settings: ServerSettings, registry: Registry, file: SettingsFile | None = None) -> AsyncIterator[str]:
    """Runs a server meanwhile; yields its address."""
    stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(settings, registry, stop=stop, ready=address.set_result, file=file))
    await asyncio.wait({task, address}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            task.result()
        yield address.result()
    finally:
        stop.set()
        await task


@attrs.frozen
class RunningWorker:
    """The task of a worker, and the event that is set once it is registered."""

    task: asyncio.Task[None]
    registered: asyncio.Event


@asynccontextmanager
async def working(settings: WorkerSettings, registry: Registry) -> AsyncIterator[RunningWorker]:
    """Runs a worker meanwhile and drains it at the end.

    Nobody may have asked for what cannot be offered: the abilities are those of all installed runners.
    """
    is_everything = sorted(settings.capabilities) == _all_abilities(registry)
    worker = Worker(settings, registry, away_level=logging.INFO if is_everything else logging.WARNING)
    task = asyncio.create_task(worker.run())
    try:
        yield RunningWorker(task, worker.registered)
    finally:
        worker.drain()
        await task


async def ready(address: str, worker: RunningWorker) -> None:
    """Waits until every workspace has been reconciled once and the worker is registered."""
    async with aiohttp.ClientSession(address) as session:
        while not (worker.registered.is_set() and await _is_ready(session)):
            if worker.task.done():
                worker.task.result()
                raise Failure("The worker ended before it was ready.")
            await asyncio.sleep(POLL_SECS)


def _server_data(options: StandaloneOptions, database_url: str) -> dict[str, Any]:
    names_variable = any(name.upper() == _KEY_ENV for name in options.environ)
    return {
        "listen": f"{options.host}:{options.port}",
        "db": {"url": database_url},
        "worker_token": options.worker_token,
        "blobs": {"url": (options.data_dir / "blobs").as_uri()},
        "cache_dir": str(options.data_dir / "cache"),
        "key_file": str(options.data_dir / "server.key"),
        "encryption": {} if names_variable else {"key_file": str(options.data_dir / "secrets.key")},
        "workspaces": {name: {"type": "folder", "path": str(path)} for name, path in options.workspaces.items()},
    }


def _worker_data(options: StandaloneOptions, registry: Registry, address: str) -> dict[str, Any]:
    abilities = _all_abilities(registry)
    if not abilities:
        hint = "`make install` in a checkout of Strøm installs the usual ones"
        raise Failure(f"No plugin that runs steps is installed; {hint}.")
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


def _all_abilities(registry: Registry) -> list[str]:
    return sorted({runner.ability for runner in registry.runners.values()})


def _environment_of(cls: type, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for the settings in `cls`. The server also gets unknown ones, to refuse them."""
    own = {field.name for field in attrs.fields(cls)}
    worker_only = {field.name for field in attrs.fields(WorkerSettings)} - {
        field.name for field in attrs.fields(ServerSettings)
    }
    chosen = {}
    for name, value in environ.items():
        section = name.removeprefix(PREFIX).partition("__")[0].lower()
        if name.startswith(PREFIX) and (section in own or (cls is ServerSettings and section not in worker_only)):
            chosen[name] = value
    return chosen


async def _is_ready(session: aiohttp.ClientSession) -> bool:
    async with session.get("/healthz/ready") as response:
        return response.status == 200
