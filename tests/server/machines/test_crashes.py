"""Workers that are killed between the server's answer and the storing of it."""

import asyncio
import json
import signal
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiohttp import web

from tests.support.listening import listening
from tests.support.programs import STROEM, environment
from tests.support.wait import eventually

IDENTITIES = "/api/workers/identities"
BEFORE, AFTER = "before the server hears of it", "after the server has answered"


@attrs.define
class Between:
    """A proxy in front of the server, which keeps requests to one path from their answer."""

    server: Any
    path: str = ""
    moment: str = AFTER
    reached: asyncio.Event = attrs.Factory(asyncio.Event)
    url: str = ""
    seen: list[tuple[str, str]] = attrs.Factory(list)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        is_held = request.path == self.path
        if is_held and self.moment == BEFORE:
            await self._hold()
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        self.seen.append((request.path, request.headers.get("Authorization", "")))
        data = await request.read()
        async with self.server.http.request(request.method, request.path_qs, data=data, headers=headers) as found:
            answer = web.Response(status=found.status, body=await found.read(), content_type=found.content_type)
        if is_held and found.status == 200:
            await self._hold()
        return answer

    async def _hold(self) -> None:
        self.reached.set()
        await asyncio.Event().wait()


@pytest.fixture
async def between(server: Any) -> AsyncIterator[Between]:
    found = Between(server)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.forward)
    async with listening(web.AppRunner(app, access_log=None, shutdown_timeout=0.1)) as url:
        found.url = url
        yield found


@asynccontextmanager
async def worker_process(url: str, folder: Path, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`stroem worker` with settings of the environment; killed at the end."""
    given = {
        "SERVER_URL": url,
        "WORKER_NAME": "build-1",
        "MAX_CONCURRENT": "1",
        "POLL_INTERVAL_SECS": "0.2",
        "WORKSPACE_CACHE_DIR": str(folder),
        "CAPABILITIES": "[script]",
        **settings,
    }
    process = await asyncio.create_subprocess_exec(
        *STROEM,
        "worker",
        env={**environment(), **{f"STROEM__{name}": value for name, value in given.items()}},
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.communicate()


async def works(process: asyncio.subprocess.Process, between: Between, token: str = "") -> None:
    """Waits until the worker has asked for steps, with this token if one is given."""
    between.seen.clear()

    def has_asked() -> bool:
        assert process.returncode is None, "the worker has ended"
        return any(path == "/worker/jobs/claim" and bearer.endswith(token) for path, bearer in between.seen)

    await eventually(has_asked, "the worker asks for steps", within=240)


async def has_ended(process: asyncio.subprocess.Process) -> str:
    """What a worker has said that has ended by itself."""
    _, said = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode not in (0, None)
    return said.decode()


@pytest.fixture
def folder_of_worker(tmp_path: Path) -> Path:
    path = tmp_path / "worker"
    path.mkdir()
    return path


def stored(folder: Path) -> Any:
    return json.loads((folder / "build-1" / "identity.json").read_text())


@pytest.mark.slow("starts workers as processes")
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_a_worker_that_is_killed_while_it_joins(
    server: Any, between: Between, join_token: Callable[..., Awaitable[str]], folder_of_worker: Path, moment: str
) -> None:
    text = await join_token(uses=1)
    between.path, between.moment = "/worker/join", moment
    async with worker_process(between.url, folder_of_worker, JOIN_TOKEN=text):
        await asyncio.wait_for(between.reached.wait(), 240)
    assert stored(folder_of_worker)["identity_id"] is None
    between.path = ""
    async with worker_process(between.url, folder_of_worker, JOIN_TOKEN=text) as process:
        await works(process, between)
    (identity,) = await server.get(IDENTITIES)
    assert stored(folder_of_worker)["identity_id"] == identity["identity_id"]
    mode = (folder_of_worker / "build-1" / "identity.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    async with worker_process(between.url, folder_of_worker) as process:  # needs no join token any more
        await works(process, between)
    assert len(await server.get(IDENTITIES)) == 1


@pytest.mark.slow("starts workers as processes")
@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_a_worker_that_is_killed_while_it_replaces_its_token(
    server: Any, between: Between, join_token: Callable[..., Awaitable[str]], folder_of_worker: Path, moment: str
) -> None:
    text = await join_token(uses=1)
    async with worker_process(between.url, folder_of_worker, JOIN_TOKEN=text) as process:
        await works(process, between)
    first = stored(folder_of_worker)
    (folder_of_worker / "build-1" / "identity.json").write_text(json.dumps({**first, "rotate_at": 0}))
    between.path, between.moment = "/worker/token", moment
    async with worker_process(between.url, folder_of_worker):
        await asyncio.wait_for(between.reached.wait(), 240)
    half = stored(folder_of_worker)
    assert (half["token"], half["next_token"] is None) == (first["token"], False)
    between.path = ""
    async with worker_process(between.url, folder_of_worker) as process:
        await works(process, between, half["next_token"])
    assert stored(folder_of_worker)["token"] == half["next_token"]
    assert [one["name"] for one in await server.get(IDENTITIES)] == ["build-1"]


@pytest.mark.slow("starts workers as processes")
async def test_a_worker_that_is_refused_says_what_to_do(
    server: Any, between: Between, join_token: Callable[..., Awaitable[str]], folder_of_worker: Path
) -> None:
    async with worker_process(between.url, folder_of_worker) as process:
        assert "join_token: is needed, or worker_token" in await has_ended(process)
    async with worker_process(between.url, folder_of_worker, JOIN_TOKEN="strj_" + "0" * 48) as process:
        said = await has_ended(process)
        assert "Invalid join token: it is unknown or was revoked (401). Look at `join_token`" in said
    text = await join_token(uses=1)
    async with worker_process(between.url, folder_of_worker, JOIN_TOKEN=text) as process:
        await works(process, between)
        (identity,) = await server.get(IDENTITIES)
        async with server.http.post(f"{IDENTITIES}/{identity['identity_id']}/revoke", json={}) as response:
            assert response.status == 200
        said = await has_ended(process)
        assert "The identity of worker 'build-1' was revoked by anonymous" in said
        assert f"without the file {folder_of_worker / 'build-1' / 'identity.json'}, the worker joins again" in said
        assert stored(folder_of_worker)["token"] not in said
