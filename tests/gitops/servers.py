"""`stroem server` as processes on one PostgreSQL, to be killed and started again."""

import asyncio
import sys
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml

from tests.gitops.up import HOOK_SECRET
from tests.support.programs import STROEM, environment, free_port
from tests.support.wait import eventually

TOKEN = "gitops-test-" * 4
REQUEST_SECS, END_SECS = 60, 60

Json = dict[str, Any]


class ServerProcess:
    """One server with its settings. It stays on its port from start to start."""

    def __init__(self, folder: Path, name: str, settings: Json) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{name}.log"
        self.file = folder / f"{name}.yaml"
        self.file.write_text(yaml.safe_dump({"listen": f"127.0.0.1:{self.port}", "worker_token": TOKEN, **settings}))
        self._process: asyncio.subprocess.Process | None = None
        self._http = aiohttp.ClientSession(self.url, timeout=aiohttp.ClientTimeout(total=REQUEST_SECS))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()
        await self._http.close()

    async def start(self, program: tuple[str, ...] = STROEM, **more: str) -> None:
        """Starts it and waits for nothing."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(*program, "server", "--config", str(self.file)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(**more),
                cwd=Path.cwd(),
            )

    async def start_to_die(self, **how: str) -> None:
        """Starts one that kills itself."""
        await self.start((sys.executable, "-m", "tests.gitops.dying_server"), **how)

    async def kill(self) -> None:
        """kill -9, if it runs."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        await self.ended()

    async def ended(self) -> int | None:
        """Waits until it has ended; the exit code."""
        async with asyncio.timeout(END_SECS):
            return await self._process.wait() if self._process is not None else None

    async def get(self, path: str) -> Any:
        """The JSON at a path; None while there is no good answer."""
        try:
            async with self._http.get(path) as response:
                return await response.json() if response.status == 200 else None
        except aiohttp.ClientError:
            assert self._process is not None
            assert self._process.returncode is None, self.log.read_text()[-3000:]
            return None

    async def announce(self, url: str) -> None:
        """Tells of a push."""
        headers = {"Authorization": f"Bearer {HOOK_SECRET}"}
        async with self._http.post("/hooks/_source/plain", json={"url": url}, headers=headers) as response:
            assert response.status == 202, await response.text()

    async def until_at(self, name: str, commit: str) -> Json:
        """Waits until a commit is current and nothing is wrong."""

        async def stands() -> Json | None:
            found: Json | None = await self.get(f"/api/workspaces/{name}")
            return found if found and found["revision"] == commit and not found.get("error") else None

        found = await eventually(stands, f"{name} is at {commit[:12]} on {self.url}")
        assert found is not None
        return found
