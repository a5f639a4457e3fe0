"""A server with sign-in and rules, two workspaces, and clients whose header says who they are."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from stroem.accounts.authenticator import Identity
from stroem.records.principal import KeyScope, Principal
from stroem.registry.registry import load_plugins
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.app import build_app
from stroem.server.authentication import authentication
from stroem.server.http.actor import IDENTITY, PRINCIPAL
from stroem.server.keys import RECONCILER
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from tests.server.conftest import TOKEN
from tests.support.listening import listening
from tests.support.workspace_files import write_workspace

WHO = "X-Test-Who"
WORKFLOWS = """
actions:
  greet: {type: script, script: echo hello}
  ask: {type: approval, message: May it?}
  nothing: {type: script, script: echo, tags: [nowhere]}
tasks:
  open: {folder: demo, flow: {say: {action: greet}}}
  hidden: {folder: secret/deep, flow: {say: {action: greet}}}
  plain: {flow: {ask: {action: ask}}}
  waits: {folder: secret, flow: {ask: {action: ask}}}
triggers:
  nightly: {type: scheduler, cron: "30 2 * * *", task: open}
  secretly: {type: scheduler, cron: "30 3 * * *", task: hidden}
  hook: {type: webhook, name: WORKSPACE-hook, task: open}
"""
ADMIN = {"name": "root@example.com", "is_admin": True}


@web.middleware
async def _who(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Takes the principal from a header, as sign-in takes it from a token."""
    if given := request.headers.get(WHO):
        values = json.loads(given)
        key = values.pop("key", None)
        groups = frozenset(values.pop("groups", ()))
        scope = None if key is None else KeyScope(prefix="strm_x", **{name: tuple(one) for name, one in key.items()})
        request[PRINCIPAL] = Principal(**{"kind": "user", "groups": groups, "key": scope, **values})
        request[IDENTITY] = Identity(principal=request[PRINCIPAL])
    return await handler(request)


def as_said(app: web.Application) -> web.Application:
    """The application, whose clients are who they say they are."""
    app.middlewares[app.middlewares.index(authentication)] = _who
    return app


@attrs.frozen(kw_only=True)
class Guarded:
    """The server, and requests to it in the name of somebody."""

    url: str
    app: web.Application
    http: aiohttp.ClientSession
    settings: dict[str, Any]

    def replace(self, **rights: Any) -> None:
        """Puts roles, rules or an acl into effect."""
        self.app[RIGHTS].replace(server_settings({**self.settings, **rights}, {}))

    async def ask(self, who: dict[str, Any] | None, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """The status and the JSON of an answer; None for other content."""
        headers = {WHO: json.dumps(who)} if who else {}
        headers |= more.pop("headers", {})
        async with self.http.request(method, path, headers=headers, **more) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None

    async def get(self, who: dict[str, Any] | None, path: str, **query: Any) -> Any:
        """The JSON at a path, which must be there."""
        status, answer = await self.ask(who, "GET", path, params=query)
        assert status == 200, answer
        return answer

    async def start(self, workspace: str, task: str) -> str:
        """A new job of a task, started by an administrator."""
        path = f"/api/workspaces/{workspace}/tasks/{task}/execute"
        status, answer = await self.ask(ADMIN, "POST", path, json={})
        assert status == 200, answer
        return str(answer["job_id"])


@pytest.fixture
def workflows() -> str:
    """The workflows of each workspace; a module may have its own."""
    return WORKFLOWS


@pytest.fixture
async def guarded(database_url: str, tmp_path: Path, workflows: str) -> AsyncIterator[Guarded]:
    """A server whose workspaces `main` and `other` have the same tasks."""
    names = ("main", "other")
    folders = {name: write_workspace(tmp_path / name, workflows.replace("WORKSPACE", name)) for name in names}
    settings = {
        "listen": "127.0.0.1:0",
        "db": {"url": database_url},
        "worker_token": TOKEN,
        "auth": {"jwt_secret": "j" * 32},
        "recovery": {"unmatched_step_timeout_secs": 3600},
        "log_storage": {"local_dir": str(tmp_path / "data")},
        "workspaces": {name: {"type": "folder", "path": str(folder)} for name, folder in folders.items()},
    }
    app = as_said(build_app(server_settings(settings, {}), load_plugins(), ui=tmp_path / "ui"))
    async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
        for name in names:
            assert (await app[RECONCILER].pipeline.reconcile(name)).error is None
        yield Guarded(url=url, app=app, http=http, settings=settings)
