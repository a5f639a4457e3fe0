"""Several servers and workers on one PostgreSQL, each a process."""

import asyncio
import datetime
import hashlib
import random
import uuid
from pathlib import Path
from typing import Any, Self

import aiohttp
import orjson

from tests.crash.flow_workload import FlowOrder, write_flows
from tests.crash.processes import step_processes
from tests.crash.program import Program
from tests.crash.site import server_settings, worker_settings, write_settings
from tests.crash.workload import WORKSPACE
from tests.support.programs import free_port
from tests.support.wait import eventually

SERVERS, WORKERS, SLOTS = 2, 3, 4
NO_ANSWER = (aiohttp.ClientError, TimeoutError)


class Cluster:
    """The processes, their files, and a client of the API. `async with` starts and stops everything.

    Each worker has a server of its own; clients ask any of them. `kills` has the time at which each worker died.
    """

    def __init__(self, folder: Path, database_url: str, chance: random.Random) -> None:
        self.folder = folder
        self.journal = folder / "journal"
        self.database_url = database_url
        self.kills: dict[uuid.UUID, datetime.datetime] = {}
        self._chance = chance
        write_flows(folder / "workspace", self.journal)
        ports = [free_port() for _ in range(SERVERS)]
        self._urls = [f"http://127.0.0.1:{port}" for port in ports]
        self.programs = {f"server-{n}": self._server(f"server-{n}", port) for n, port in enumerate(ports)}
        self.workers = [f"worker-{n}" for n in range(WORKERS)]
        self.programs |= {name: self._worker(name, self._urls[n % SERVERS]) for n, name in enumerate(self.workers)}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30))
        try:
            for names in (self.programs.keys() - self.workers, self.workers):
                await asyncio.gather(*(self.programs[name].up() for name in names))
            await eventually(self._has_tasks, "the workspace is there")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for program in reversed(self.programs.values()):
            await program.close()
        assert self._session is not None
        await self._session.close()

    async def kill(self, name: str) -> None:
        """kill -9 of a server or worker."""
        await self.programs[name].kill()
        if name in self.workers and (worker_id := self._worker_id(name)):
            # The same id is killed twice when the second process did not come as far as to a new one.
            self.kills.setdefault(worker_id, datetime.datetime.now(datetime.UTC))

    async def stop(self) -> None:
        """Stops all in good order; no process and no file of a step is left."""
        for name in (*self.workers, *(name for name in self.programs if name not in self.workers)):
            self.programs[name].ask_to_stop()
            assert await self.programs[name].exit_code() == 0, name
        for name in self.workers:
            data = self._data_of(name)
            assert step_processes(data) == [], name
            assert [*(data / "steps").iterdir(), *(data / "spool").iterdir()] == [], name

    async def get(self, path: str) -> Any:
        """An answer of any server. Raises `aiohttp.ClientError` when there is none, or when it is no good."""
        assert self._session is not None
        async with self._session.get(self._chance.choice(self._urls) + path) as response:
            response.raise_for_status()
            return await response.json(loads=orjson.loads)

    async def digest(self, path: str) -> str:
        """The SHA-256 of a file that any server sends."""
        assert self._session is not None
        async with self._session.get(self._chance.choice(self._urls) + path) as response:
            response.raise_for_status()
            return hashlib.sha256(await response.read()).hexdigest()

    async def post(self, path: str, body: object = None) -> Any:
        """The same of a POST; an answer of 409 is None."""
        assert self._session is not None
        async with self._session.post(self._chance.choice(self._urls) + path, json=body) as response:
            if response.status == 409:
                return None
            assert response.status < 400 or response.status >= 500, await response.text()
            response.raise_for_status()
            return await response.json(loads=orjson.loads)

    async def run(self, order: FlowOrder) -> str:
        """Asks for a job; its id."""
        started = await self.post(f"/api/workspaces/{WORKSPACE}/tasks/{order.task}/execute", order.body)
        return str(started["job_id"])

    async def _has_tasks(self) -> bool:
        return bool(await self.get("/api/tasks"))

    def _server(self, name: str, port: int) -> Program:
        settings = write_settings(self.folder, name, server_settings(self.folder, port, self.database_url))
        log = self.folder / f"{name}.log"
        return Program("server", "--config", settings, ready="server is ready", log=log)

    def _worker(self, name: str, url: str) -> Program:
        settings = worker_settings(self.folder, url, name) | {"max_concurrent": SLOTS}
        file, log = write_settings(self.folder, name, settings), self.folder / f"{name}.log"
        return Program("worker", "--config", file, ready="registered as worker", log=log)

    def _data_of(self, worker: str) -> Path:
        return self.folder / "worker" / worker

    def _worker_id(self, worker: str) -> uuid.UUID | None:
        """Under which id a worker was registered last."""
        file = self._data_of(worker) / "worker-id"
        return uuid.UUID(text) if file.exists() and (text := file.read_text()) else None
