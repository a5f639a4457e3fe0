"""A running server on a real port, with a folder workspace, and a worker that knows only the plain contract."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web

from stroem.registry.registry import Registry, load_plugins
from stroem.server.app import build_app
from stroem.server.keys import RECONCILER
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings
from tests.server.traveller import Traveller
from tests.support.listening import listening
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

TOKEN = "a-token-that-all-the-workers-share"

WORKFLOWS = """
secrets:
  db: {password: s3cr3t-value}
connection_types:
  postgres:
    host: {type: string, required: true}
    password: {type: string, secret: true}
connections:
  warehouse: {type: postgres, host: wh.example.org, password: pa55word-of-warehouse}
  archive: {type: postgres, host: ar.example.org, password: pa55word-of-archive}
actions:
  greet:
    type: script
    script: echo {{ input.name }}
    input:
      name: {type: string}
  load:
    type: script
    runner: local
    script: load --password {{ secret.db.password }}
tasks:
  hello:
    name: Say hello
    description: Greets somebody twice.
    folder: demo
    input:
      name: {type: string, required: true, order: 1}
      count: {type: integer, default: 3}
      pin: {type: string, secret: true, default: no-pin-given}
    flow:
      second:
        action: greet
        depends_on: [say-first]
        input: {name: "{{ say_first.output.greeting }}"}
      say-first:
        action: greet
        input: {name: "{{ input.name }}"}
  sync:
    input:
      target: {type: postgres, required: true}
    flow:
      load: {action: load}
triggers:
  nightly: {type: scheduler, cron: "30 2 * * *", timezone: Europe/Oslo, task: hello, input: {name: night}}
  often: {type: scheduler, cron: "*/10 * * * * *", task: hello, enabled: false, input: {name: x}}
mcp_servers: {files: {command: serve-files}}
"""


@attrs.frozen(kw_only=True)
class Running:
    """A server that runs, and sessions that speak to it."""

    url: str
    app: web.Application
    runner: web.AppRunner
    folder: Path
    http: aiohttp.ClientSession
    worker: aiohttp.ClientSession

    async def get(self, path: str, **query: str | int) -> Any:
        """The JSON at a path; it must be there."""
        async with self.http.get(path, params=query) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def start_job(self, task: str = "hello", **values: Any) -> str:
        """Runs a task and returns the job's id."""
        body = {"input": {"name": "Ada", **values} if task == "hello" else values}
        async with self.http.post(f"/api/workspaces/main/tasks/{task}/execute", json=body) as response:
            assert response.status == 200, await response.text()
            return str((await response.json())["job_id"])

    async def ask_worker_api(self, path: str, body: Any) -> Any:
        """The JSON answer to a POST below `/worker`; it must succeed."""
        async with self.worker.post(f"/worker/{path}", json=body) as response:
            assert response.status == 200, await response.text()
            return await response.json()


@attrs.define(kw_only=True)
class PlainWorker:
    """Speaks what workers of the older contract speak, in their order."""

    server: Running
    worker_id: str = ""

    async def register(self, **more: Any) -> str:
        body = {"name": "plain", "capabilities": ["script"], "tags": [], "version": "0.15.26", **more}
        self.worker_id = (await self.server.ask_worker_api("register", body))["worker_id"]
        return self.worker_id

    async def claim(self) -> Any:
        body = {"worker_id": self.worker_id, "capabilities": ["script"], "tags": []}
        return await self.server.ask_worker_api("jobs/claim", body)

    async def start(self, claim: Any) -> None:
        path = f"jobs/{claim['job_id']}/steps/{claim['step_name']}/start"
        assert await self.server.ask_worker_api(path, {"worker_id": self.worker_id}) == {"status": "ok"}

    async def log(self, claim: Any, *lines: str) -> None:
        body = {
            "lines": [{"ts": "2026-01-01T00:00:00.5Z", "stream": "stdout", "line": line} for line in lines],
            "step_name": claim["step_name"],
        }
        assert await self.server.ask_worker_api(f"jobs/{claim['job_id']}/logs", body) == {"status": "ok"}

    async def complete(self, claim: Any, **outcome: Any) -> None:
        path = f"jobs/{claim['job_id']}/steps/{claim['step_name']}/complete"
        body = {"exit_code": 0, "output": None, "error": None, **outcome}
        assert await self.server.ask_worker_api(path, body) == {"status": "ok"}


def settings_of(
    folder: Path, database_url: str, tmp_path: Path, overrides: Mapping[str, str] | None = None
) -> ServerSettings:
    """Settings of a server on a free port with the workspace `main`; `overrides` are its environment."""
    return server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": database_url},
            "worker_token": TOKEN,
            "log_storage": {"local_dir": str(tmp_path / "data")},
            "workspaces": {"main": {"type": "folder", "path": str(folder)}},
        },
        overrides or {},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace."""
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


@pytest.fixture
def overrides() -> dict[str, str]:
    """Settings of the server under test, as environment; a test class may have its own."""
    return {}


@pytest.fixture
def registry() -> Registry:
    """The plugins of the server under test."""
    return load_plugins()


@pytest.fixture
def ui_folder(tmp_path: Path) -> Path:
    """The folder of the built UI of the server under test; there is none."""
    return tmp_path / "ui"


@pytest.fixture
async def server(
    database_url: str, folder: Path, tmp_path: Path, overrides: dict[str, str], registry: Registry, ui_folder: Path
) -> AsyncIterator[Running]:
    """A server on a free port whose workspace `main` is loaded."""
    app = build_app(settings_of(folder, database_url, tmp_path, overrides), registry, ui=ui_folder)
    runner = make_runner(app)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        listening(runner) as url,
        aiohttp.ClientSession(url) as http,
        aiohttp.ClientSession(url, headers=bearer) as worker,
    ):
        reconciler = app[RECONCILER]
        status = await reconciler.pipeline.reconcile("main")
        assert status.error is None
        own = (reconciler.pipeline.kind, "main")
        await eventually(lambda: not reconciler.loop.is_polling(own), "the server's own first poll has ended")
        yield Running(url=url, app=app, runner=runner, folder=folder, http=http, worker=worker)


@pytest.fixture
async def plain_worker(server: Running) -> PlainWorker:
    """A registered worker of the older contract."""
    worker = PlainWorker(server=server)
    await worker.register()
    return worker


@pytest.fixture
async def traveller(server: Any) -> Traveller:
    body = {"name": "traveller", "capabilities": ["script"], "tags": []}
    answer = await server.ask_worker_api("register", body)
    assert answer["lease_secs"] == 120
    return Traveller(server=server, worker_id=answer["worker_id"])
