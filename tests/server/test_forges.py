"""From a push on a git host to the status beside its commit: a real repository, a real server, the host's requests."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import orjson
import pytest

from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.serving import make_runner
from stroem.settings.loader import server_settings
from stroem.testing.recording_server import Received, Reply, recording_server
from tests.support.git.repository import GitRepository
from tests.support.listening import listening

SECRET = "a-secret-that-nobody-guesses"
PATIENCE_SECS = 60
GOOD = b"tasks:\n  hello:\n    flow:\n      greet: {type: script, script: echo Hello}\n"
BAD = GOOD + b"  broken: {flow: {one: {action: missing}}}\n"


@attrs.define
class Forge:
    """Stands for GitHub: holds a repository, announces pushes, keeps the statuses that it is told."""

    repository: GitRepository
    told: asyncio.Queue[tuple[str, str, str]] = attrs.Factory(asyncio.Queue)

    def keep(self, request: Received) -> Reply:
        assert request.headers["authorization"] == "Bearer token-of-the-forge"
        commit = request.path.removeprefix("/repos/acme/flows/statuses/")
        status = orjson.loads(request.body)
        self.told.put_nowait((commit, status["state"], status["description"]))
        return Reply(status=201, body={})

    async def announce(self, http: aiohttp.ClientSession, commit: str, secret: str = SECRET) -> tuple[int, Any]:
        """Tells the server of a push to main, as GitHub does."""
        repository = {"clone_url": str(self.repository.folder), "full_name": "acme/flows"}
        body = orjson.dumps(
            {"ref": "refs/heads/main", "after": commit, "repository": repository, "pusher": {"name": "ada"}}
        )
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "push",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        async with http.post("/hooks/_source/forge", data=body, headers=headers) as response:
            return response.status, await response.json()

    async def statuses(self, count: int) -> list[tuple[str, str, str]]:
        """The next ones that it is told."""
        async with asyncio.timeout(PATIENCE_SECS):
            return [await self.told.get() for _ in range(count)]


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(GitRepository.create(tmp_path / "flows.git"))


@pytest.fixture
async def http(forge: Forge, database_url: str, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """Speaks to a server that looks at the repository by itself once an hour."""
    async with recording_server(forge.keep) as api:
        sink = {"type": "github", "token": "token-of-the-forge", "api_url": api.url, "allow_http": True}
        workspace = {"type": "git", "url": str(forge.repository.folder), "ref": "main", "poll_interval_secs": 3600}
        settings = server_settings(
            {
                "listen": "127.0.0.1:0",
                "db": {"url": database_url},
                "worker_token": "w" * 32,
                "log_storage": {"local_dir": str(tmp_path / "data")},
                "workspaces": {"main": {**workspace, "event_sinks": {"forge": {**sink, "repository": "acme/flows"}}}},
                "push_hooks": {"forge": {"type": "github", "secret": SECRET}},
            },
            {},
        )
        runner = make_runner(build_app(settings, load_plugins()))
        async with listening(runner) as url, aiohttp.ClientSession(url) as session:
            yield session


@pytest.fixture
def first(forge: Forge) -> str:
    """The commit at which the server finds the repository."""
    return forge.repository.commit({".workflows/main.yaml": GOOD})


async def test_each_commit_shows_what_became_of_it(first: str, forge: Forge, http: aiohttp.ClientSession) -> None:
    pending, success = await forge.statuses(2)
    assert pending == (first, "pending", "Strøm is looking at it")
    assert success[:2] == (first, "success")
    assert success[2].startswith("Release 1 is current")

    bad = forge.repository.commit({".workflows/main.yaml": BAD})
    code, answer = await forge.announce(http, bad)
    assert (code, answer["workspaces"], answer["pushes"]) == (202, ["main"], 1)
    pending, failure = await forge.statuses(2)
    assert pending[:2] == (bad, "pending")
    assert failure[:2] == (bad, "failure")
    assert failure[2].startswith("1 mistake: .workflows/main.yaml:5")
    assert "missing" in failure[2]

    same = forge.repository.commit({".workflows/main.yaml": GOOD})
    await forge.announce(http, same)
    pending, success = await forge.statuses(2)
    assert pending[:2] == (same, "pending")
    assert success == (same, "success", f"Revision {same[:12]} holds what release 1 does")


async def test_a_push_that_is_signed_otherwise_changes_nothing(
    first: str, forge: Forge, http: aiohttp.ClientSession
) -> None:
    await forge.statuses(2)
    code, answer = await forge.announce(http, first, secret="another-secret-of-somebody")
    assert code == 401
    assert "X-Hub-Signature-256" in answer["error"]
    assert SECRET not in str(answer)
