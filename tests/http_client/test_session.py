"""Clients of a server never send what they have to another one."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import attrs
import pytest
from aiohttp import web

from stroem.cli.client.client import Client
from stroem.cli.output.errors import Refused
from stroem.cli.program.options import Address
from stroem.http_client.session import Redirected, refuse_redirects
from stroem.settings.worker import WorkerSettings
from stroem.worker.http.client import ServerAway, ServerClient
from tests.support.listening import listening, plain_runner


@attrs.define
class Pair:
    """A server that sends all requests on with a status, and the other one, which remembers what came."""

    url: str = ""
    other: str = ""
    status: int = 307
    came: list[str] = attrs.Factory(list)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    found = Pair()

    async def send_on(request: web.Request) -> web.Response:
        headers = {"Location": f"{found.other}{request.path_qs}?token=secret"}
        return web.Response(status=found.status, headers=headers)

    async def take(request: web.Request) -> web.Response:
        found.came.append(f"{request.method} {request.headers.get('Authorization')} {await request.text()}")
        return web.json_response({})

    apps = [web.Application(), web.Application()]
    for app, handler in zip(apps, (take, send_on), strict=True):
        app.router.add_route("*", "/{path:.*}", handler)
    async with listening(plain_runner(apps[0])) as found.other, listening(plain_runner(apps[1])) as found.url:
        yield found


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_worker_stays_at_its_server(pair: Pair, tmp_path: Path, status: int) -> None:
    pair.status = status
    settings = WorkerSettings(
        server_url=pair.url,
        worker_token="very-secret-token",
        worker_name="w",
        max_concurrent=1,
        poll_interval_secs=1,
        workspace_cache_dir=tmp_path,
        capabilities=("script",),
    )
    async with ServerClient(settings) as client:
        with pytest.raises(ServerAway) as raised:
            await client.post("/worker/jobs/claim", {"output": "secret"})
        assert f"sends requests on to {pair.other}/worker/jobs/claim. They are not sent there" in str(raised.value)
        assert "token=secret" not in str(raised.value)
        assert client.away
        with pytest.raises(ServerAway):
            await client.post_lines("/worker/logs", {}, b"secret")
        with pytest.raises(ServerAway):
            async with client.download("/worker/workspace/w.tar.gz", {}, {}):
                pass
    assert pair.came == []


async def test_commands_stay_at_their_server(pair: Pair) -> None:
    async with Client(Address(url=pair.url, token="very-secret-token")) as client:
        for asking in (client.get("jobs"), client.post("tasks", body={"input": 1}), anext(client.frames("events"))):
            with pytest.raises(Refused, match="sends requests on to"):
                await asking
    assert pair.came == []


async def test_answers_that_send_nobody_on_come_through(pair: Pair) -> None:
    async with aiohttp.ClientSession(middlewares=(refuse_redirects,)) as session, session.get(pair.other) as response:
        assert response.status == 200
    pair.status = 300
    async with aiohttp.ClientSession(middlewares=(refuse_redirects,)) as session, session.get(pair.url) as response:
        assert response.status == 300


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("http://u:p@host/a?b#c", "http://host/a"),
        ("http://h/\x9d]52;evil", "http://h/\\x9d]52;evil"),
        ("http://[", "none"),
        ("", "nowhere"),
    ],
)
def test_where_it_leads_is_told_safely(location: str, shown: str) -> None:
    assert shown in str(Redirected(302, location))
