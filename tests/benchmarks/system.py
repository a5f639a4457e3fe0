"""The product as its operators start it: one server process, one worker process, and a client."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import yaml

from tests.benchmarks import processes
from tests.benchmarks.bench import Bench
from tests.benchmarks.client import Client
from tests.benchmarks.processes import Program, ProgramFailed
from tests.benchmarks.usage import Usage, Watch

TOKEN = "a-token-of-at-least-32-characters-for-benchmarks"
STROEM = str(Path(sys.executable).with_name("stroem"))
WORKSPACE = "default"
LOOK_SECS = 0.005
READY_SECS = 60


@attrs.frozen(kw_only=True)
class System:
    """A running product. `workspace` is the folder that it reconciles."""

    bench: Bench
    folder: Path
    workspace: Path
    server: Program
    worker: Program
    client: Client

    @asynccontextmanager
    async def watched(self, title: str) -> AsyncIterator[Usage]:
        """Adds up the processor time that each process takes meanwhile, and profiles when the run is to."""
        postmaster = self.bench.postgres.pid
        assert postmaster is not None
        watch = Watch(
            title=title,
            server=self.server.pid,
            worker=self.worker.pid,
            postmaster=postmaster,
            postgres_log=self.bench.postgres_log,
            folder=self.folder,
        )
        async with watch.running(profile=self.bench.profile) as usage:
            yield usage


def write_workspace(folder: Path, files: Mapping[str, str]) -> None:
    """Workflow files under `.workflows`."""
    for name, text in files.items():
        path = folder / ".workflows" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@asynccontextmanager
async def open_system(
    bench: Bench,
    name: str,
    files: Mapping[str, str],
    settings: Mapping[str, Any] | None = None,
    worker: Mapping[str, Any] | None = None,
) -> AsyncIterator[System]:
    """Starts server and worker on a fresh database; ready when the release is current and the worker registered.

    `settings` are more of the server's, its workspaces beside the one in the folder among them; `worker` those of the
    worker.
    """
    folder = bench.folder(name)
    workspace = folder / "workspace"
    workspace.mkdir()
    write_workspace(workspace, files)
    own = _server_settings(folder, workspace, await bench.database())
    more = dict(settings or {})
    own["workspaces"] |= more.pop("workspaces", {})
    (folder / "server.yaml").write_text(yaml.safe_dump({**own, **more}))
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_program(bench, folder, "server", lambda line: "ready" in line))
        address = server.ready_line.split()[-1]
        (folder / "worker.yaml").write_text(yaml.safe_dump({**_worker_settings(folder, address), **(worker or {})}))
        session = await stack.enter_async_context(aiohttp.ClientSession(address))
        client = Client(session, WORKSPACE)
        program = await stack.enter_async_context(_program(bench, folder, "worker", lambda line: True))
        try:
            await _ready(client, tasks=bool(files))
            yield System(bench=bench, folder=folder, workspace=workspace, server=server, worker=program, client=client)
        except (ProgramFailed, TimeoutError, aiohttp.ClientError) as error:
            logs = "\n".join(f"{part}:\n{processes.tail(folder / f'{part}.log')}" for part in ("server", "worker"))
            raise ProgramFailed(f"{error!r}\n{logs}") from error


@asynccontextmanager
async def _program(bench: Bench, folder: Path, name: str, is_ready: Any) -> AsyncIterator[Program]:
    argv = [STROEM, name, "--config", str(folder / f"{name}.yaml")]
    if bench.profile:
        argv = [sys.executable, "-m", "tests.benchmarks.sampled", str(folder / name), *argv[1:]]
    async with processes.running(argv, log=folder / f"{name}.log", is_ready=is_ready) as program:
        yield program


async def _ready(client: Client, *, tasks: bool) -> None:
    deadline = time.monotonic() + READY_SECS
    while True:
        workspace = await client.get(f"/api/workspaces/{WORKSPACE}")
        if workspace.get("error"):
            raise ProgramFailed(f"{workspace['error']} {workspace.get('problems')}")
        workers = await client.get("/api/workers")
        if workers["total"] and (workspace["tasks_count"] or not tasks):
            return
        if time.monotonic() > deadline:
            raise ProgramFailed("the release did not become current, or the worker did not register")
        await asyncio.sleep(LOOK_SECS)


def _server_settings(folder: Path, workspace: Path, database: str) -> dict[str, Any]:
    return {
        "listen": "127.0.0.1:0",
        "db": {"url": database},
        "worker_token": TOKEN,
        "blobs": {"url": (folder / "blobs").as_uri()},
        "cache_dir": str(folder / "cache"),
        "workspaces": {WORKSPACE: {"type": "folder", "path": str(workspace)}},
    }


def _worker_settings(folder: Path, address: str) -> dict[str, Any]:
    return {
        "server_url": address,
        "worker_token": TOKEN,
        "worker_name": "bench",
        "max_concurrent": 16,
        "poll_interval_secs": 1,
        "workspace_cache_dir": str(folder / "worker"),
        "capabilities": ["script"],
    }
