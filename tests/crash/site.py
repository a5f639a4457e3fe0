"""Strøm as it is set up in earnest: a server and a worker, each a process, on a PostgreSQL."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp
import orjson

from tests.crash.program import Program
from tests.crash.workload import WORKSPACE, Order, executions, write_workspace
from tests.support.programs import free_port
from tests.support.wait import eventually

TOKEN = "crash-test-" * 4
LEASE_SECS = 10
WORKER = "crash-worker"


class Site:
    """The processes, their files, and a client of the API. `async with` stops and forgets everything."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        worker_sees: str | None = None,
        lease_secs: float = LEASE_SECS,
        **worker: Any,
    ) -> None:
        """The worker reaches the server at `worker_sees`, if that is given; `worker` holds settings of its own."""
        self.folder = folder
        self.journal = folder / "journal"
        self.database_url = database_url
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        write_workspace(folder / "workspace", self.journal)
        self.server = Program(
            "server",
            "--config",
            write_settings(folder, "server", server_settings(folder, self.port, database_url, lease_secs)),
            ready="server is ready",
            log=folder / "server.log",
        )
        self.worker = _worker(folder, "worker", worker_settings(folder, worker_sees or self.url) | worker)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(self.url, timeout=aiohttp.ClientTimeout(total=30))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.worker.close()
        await self.server.close()
        assert self._session is not None
        await self._session.close()

    async def up(self) -> None:
        """Starts both and waits until tasks can be run."""
        await self.server.up()
        await self.worker.up()
        await eventually(self.has_tasks, "the workspace is there")

    def neighbour(self, name: str, **worker: Any) -> Program:
        """Another worker of the server, not started, with its own directory; its log is `NAME.log`."""
        return _worker(self.folder, name, worker_settings(self.folder / "other", self.url, name) | worker)

    @property
    def worker_data(self) -> Path:
        """The worker's own directory."""
        return self.folder / "worker" / WORKER

    async def has_tasks(self) -> bool:
        """Whether the server knows the tasks."""
        return bool(await self.get("/api/tasks"))

    async def get(self, path: str) -> Any:
        """An answer of the API. Raises `aiohttp.ClientError` when there is none, or when it is no good."""
        assert self._session is not None
        async with self._session.get(path) as response:
            response.raise_for_status()
            return await response.json(loads=orjson.loads)

    async def run(self, order: Order) -> str:
        """Asks for a job; its id. Raises `aiohttp.ClientError` when there is no good answer."""
        assert self._session is not None
        path = f"/api/workspaces/{WORKSPACE}/tasks/{order.task}/execute"
        async with self._session.post(path, json={"input": order.input}) as response:
            assert response.status < 400 or response.status >= 500, await response.text()
            response.raise_for_status()
            return str((await response.json())["job_id"])

    async def until_ended(self, job_id: str, *, within: float = 60) -> dict[str, Any]:
        """The job when it has ended."""

        async def ended() -> dict[str, Any] | None:
            try:
                job = await self.get(f"/api/jobs/{job_id}")
            except aiohttp.ClientResponseError:
                return None  # the database is away
            return job if job["status"] in ("completed", "failed", "cancelled", "skipped") else None

        found = await eventually(ended, f"job {job_id} ends", within=within)
        assert found is not None
        return found

    async def until_begun(self, job_id: str, step: str = "first", *, within: float = 60) -> None:
        """Waits until a process runs the step."""

        async def begun() -> bool:
            return executions(self.journal, job_id, step)[0] > 0

        await eventually(begun, f"step {step} of job {job_id} begins", within=within)


def _worker(folder: Path, name: str, settings: Mapping[str, Any]) -> Program:
    config, log = write_settings(folder, name, settings), folder / f"{name}.log"
    return Program("worker", "--config", config, ready="registered as worker", log=log)


def write_settings(folder: Path, name: str, settings: Mapping[str, Any]) -> str:
    """Writes a settings file; its path."""
    file = folder / f"{name}.yaml"
    file.write_bytes(orjson.dumps(settings))
    return str(file)


def server_settings(folder: Path, port: int, database_url: str, lease_secs: float = LEASE_SECS) -> dict[str, Any]:
    """The settings of a server of a site."""
    return {
        "listen": f"127.0.0.1:{port}",
        "db": {"url": database_url},
        "worker_token": TOKEN,
        "blobs": {"url": (folder / "blobs").as_uri()},
        "workspaces": {WORKSPACE: {"type": "folder", "path": str(folder / "workspace")}},
        "recovery": {"heartbeat_timeout_secs": lease_secs, "sweep_interval_secs": 5},
        "triggers": {"folders": [str(folder / "inbox")]},
    }


def worker_settings(folder: Path, server_url: str, name: str = WORKER) -> dict[str, Any]:
    """The settings of a worker of a site."""
    return {
        "server_url": server_url,
        "worker_token": TOKEN,
        "worker_name": name,
        "max_concurrent": 16,
        "poll_interval_secs": 0.1,
        "workspace_cache_dir": str(folder / "worker"),
        "capabilities": ["script"],
    }
