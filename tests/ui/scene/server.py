"""Database, server and workers of a scene, in this process."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import psycopg
import yaml

from stroem.cli.local import standalone_parts as parts
from stroem.cli.local.standalone import embedded_database
from stroem.cli.local.standalone_options import StandaloneOptions
from stroem.cli.program.shutdown import StopRequest
from stroem.registry.registry import load_plugins
from stroem.settings.worker import WorkerSettings
from stroem.store.database import Database
from stroem.store.jobs.jobs import TERMINAL
from stroem.worker.worker import Worker
from tests.support.wait import eventually
from tests.ui.scene import libraries

Json = dict[str, Any]
HOOK_SECRET = "a-secret-of-push-hooks-that-nobody-guesses"
WORKERS = (
    ("w-oslo-1", 16, ("eu", "build"), False),
    ("w-oslo-2", 16, ("eu", "build"), False),
    ("w-fra-gpu", 2, ("gpu", "eu"), True),
    ("w-fra-1", 4, ("eu", "idle"), True),
    ("w-iad-1", 8, ("us",), True),
)
"""Names, slots, tags of the workers, and whether they take only steps that require all their tags."""
DRAINED = "w-iad-1"


@attrs.frozen
class Running:
    """A server that is up at `url`, its database and its workers by name."""

    url: str
    database: str
    http: aiohttp.ClientSession
    workers: dict[str, Worker]

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON at a path; it must be there."""
        async with self.http.get(path, params=query) as response:
            assert response.status == 200, f"{path}: {response.status} {await response.text()}"
            return await response.json()

    async def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer; it must be a good one."""
        async with self.http.post(path, json=body or {}) as response:
            assert response.status < 300, f"{path}: {response.status} {await response.text()}"
            return await response.json()

    async def announce(self, url: str) -> None:
        """Tells of a push as a git host does."""
        headers = {"Authorization": f"Bearer {HOOK_SECRET}"}
        async with self.http.post(
            "/hooks/_source/plain", json={"url": url, "ref": "main"}, headers=headers
        ) as response:
            assert response.status == 202, await response.text()

    async def until(self, path: str, condition: Callable[[Any], Any], *, within: float = 90) -> Any:
        """The JSON at a path, once it is so."""

        last: Any = None

        async def found() -> Any:
            nonlocal last
            last = await self.get(path)
            return last if condition(last) else None

        try:
            return await eventually(found, path, within=within)
        except AssertionError as error:
            raise AssertionError(f"{path} is {last}") from error

    async def start(self, workspace: str, task: str, **given: Any) -> str:
        """Runs a task; the job's id."""
        answer = await self.post(f"/api/workspaces/{workspace}/tasks/{task}/execute", {"input": given})
        return str(answer["job_id"])

    async def ended(self, jobs: Iterable[str], *, within: float = 900) -> None:
        """Waits until jobs have ended. A loop of 10,000 items takes minutes on a busy machine."""
        for job in jobs:
            await self.until(f"/api/jobs/{job}", lambda one: one["status"] in TERMINAL, within=within)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A transaction on the database."""
        async with await psycopg.AsyncConnection.connect(self.database) as connection:
            yield connection


@asynccontextmanager
async def server(
    folder: Path, urls: dict[str, str], *, port: int, prepare: Callable[[str], Awaitable[None]]
) -> AsyncIterator[Running]:
    """Runs a server of git workspaces by name, and its workers; ready when all are loaded.

    `prepare` gets the address of the migrated database before the server starts.
    """
    settings = folder / "settings.yaml"
    settings.write_text(yaml.safe_dump(_settings(folder, urls)))
    async with AsyncExitStack() as stack:
        database = await (await stack.enter_async_context(embedded_database(folder / "postgres", StopRequest())))
        await (await Database.open(database)).close()
        await prepare(database)
        registry = load_plugins()
        registry.check()
        options = StandaloneOptions(
            data_dir=folder,
            worker_token=secrets.token_urlsafe(32),
            workspaces={},
            port=port,
            config=settings,
            environ={},
        )
        file = parts.settings_file_for(options, database)
        url = await stack.enter_async_context(
            parts.serving(parts.server_settings_for(options, database, file), registry, file)
        )
        base = parts.worker_settings_for(options, registry, url)
        workers = {}
        for name, slots, tags, exclusive in WORKERS:
            workers[name] = await stack.enter_async_context(
                _working(_worker(base, folder, name, slots, tags, exclusive), registry)
            )
        timeout = aiohttp.ClientTimeout(total=120)
        http = await stack.enter_async_context(aiohttp.ClientSession(url, timeout=timeout))
        running = Running(url, database, http, workers)
        await running.until("/api/workers", _have_come, within=30)
        await running.until("/api/workspaces", lambda found: all(one.get("checked_at") for one in found))
        yield running


def _have_come(page: Json) -> bool:
    """Whether all workers live; a scene that goes on has those of its former runs too."""
    return sum(one["status"] == "active" for one in page["items"]) == len(WORKERS)


def _worker(
    base: WorkerSettings, folder: Path, name: str, slots: int, tags: tuple[str, ...], exclusive: bool
) -> WorkerSettings:
    cache = folder / "workers" / name
    return attrs.evolve(
        base, worker_name=name, max_concurrent=slots, tags=tags, exclusive=exclusive, workspace_cache_dir=cache,
        drain_timeout_secs=1, cancel_grace_secs=1,
    )  # fmt: skip


@asynccontextmanager
async def _working(settings: WorkerSettings, registry: Any) -> AsyncIterator[Worker]:
    worker = Worker(settings, registry)
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.drain()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _settings(folder: Path, urls: dict[str, str]) -> Json:
    workspaces: dict[str, Json] = {
        name: {"type": "git", "url": url, "poll_interval": "1h"} for name, url in urls.items()
    }
    workspaces["billing"]["guards"] = {"approval": True}
    return {
        "push_hooks": {"plain": {"type": "plain", "secret": HOOK_SECRET}},
        "recovery": {"unmatched_step_timeout_secs": 86400},
        "workspaces": workspaces,
        "libraries": libraries.settings(folder),
    }
