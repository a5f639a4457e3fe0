"""A scripted server, and a worker that talks to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stroem.registry.registry import load_plugins
from stroem.settings.worker import WorkerSettings
from stroem.worker.worker import Worker
from tests.worker.scripted_server import TOKEN, ScriptedServer, tar_gz


class Site:
    """A server, and workers that are started against it."""

    def __init__(self, server: ScriptedServer, directory: Path) -> None:
        self.server = server
        self.directory = directory
        self.registry = load_plugins()

    def settings(self, **changes: Any) -> WorkerSettings:
        return WorkerSettings(
            **{
                "server_url": self.server.url,
                "worker_token": TOKEN,
                "worker_name": "tester",
                "max_concurrent": 4,
                "poll_interval_secs": 0.1,
                "workspace_cache_dir": self.directory,
                "capabilities": ("script",),
                "cancel_grace_secs": 2,
                **changes,
            }
        )

    @asynccontextmanager
    async def worker(self, **changes: Any) -> AsyncIterator[Worker]:
        """A worker that runs for as long as the block; what it raises fails the test."""
        worker = Worker(self.settings(**changes), self.registry)
        running = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            if running.done():
                running.result()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A scripted server that listens."""
    scripted = ScriptedServer()
    await scripted.start()
    yield scripted
    await scripted.stop()


@pytest.fixture
def site(server: ScriptedServer, tmp_path: Path) -> Site:
    """The server with a directory for workers."""
    return Site(server, tmp_path / "cache")


@pytest.fixture
def tarball() -> Callable[..., bytes]:
    """Makes the tarball of a workspace from its files."""
    return tar_gz
