"""What git hosts send to `/hooks/_source/`."""

import asyncio
import gzip
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import Any

import aiohttp
import attrs
import pytest
from aiohttp import web

from stroem.errors import NotFound, SettingsError, Unavailable
from stroem.records.push import Push
from stroem.registry.plugin import Plugin
from stroem.registry.push_hooks import PushHooks
from stroem.registry.registry import Registry
from stroem.server.http.admission import ANONYMOUS_BODIES, AdmissionLimiter
from stroem.server.http.client_address import TRUSTED_PROXIES
from stroem.server.http.disconnect_shield import SHIELDED_TASKS
from stroem.server.http.errors import error_middleware
from stroem.server.http.limits import LIMITS
from stroem.server.keys import ANNOUNCEMENTS, PUSH_HOOKS
from stroem.server.routes import HOOKS
from stroem.server.settings_check import check_available
from stroem.settings.loader import server_settings
from stroem.settings.server import ServerSettings
from tests.support.wait import eventually

TOKEN = "a-token-that-nobody-guesses"
LIMIT = 64 * 1024
BOMB = gzip.compress(b"x" * (LIMIT + 1), mtime=0)


@attrs.frozen(kw_only=True)
class Announced:
    workspaces: tuple[str, ...]
    libraries: tuple[str, ...]


@attrs.define
class Listener:
    """Stands where the reconciler does and notes what it is told."""

    told: list[tuple[Sequence[Push], str, str | None]] = attrs.Factory(list)

    async def announce(self, pushes: Sequence[Push], by: str, workspace: str | None = None) -> Announced:
        if workspace == "nowhere":
            raise NotFound(kind="Workspace", name=workspace)
        self.told.append((pushes, by, workspace))
        return (
            Announced(workspaces=("main",), libraries=("common",)) if pushes else Announced(workspaces=(), libraries=())
        )


def registry() -> Registry:
    return Registry((Plugin(EntryPoint(name="tiny", value="tests.server.api.tiny_push", group="stroem")),))


def settings(**more: Any) -> ServerSettings:
    return server_settings(
        {
            "listen": "127.0.0.1:0",
            "db": {"url": "postgresql://nobody@nowhere/nothing"},
            "worker_token": "w" * 32,
            "log_storage": {"local_dir": "/nowhere"},
            "limits": {"push_body_bytes": LIMIT},
            "push_hooks": {"forge": {"type": "tiny", "token": TOKEN}},
            **more,
        },
        {},
    )


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def client(aiohttp_client: Any, listener: Any) -> Any:
    app = web.Application(middlewares=[error_middleware])
    app[LIMITS] = settings().limits
    app[PUSH_HOOKS] = PushHooks(registry(), settings().push_hooks)
    app[ANONYMOUS_BODIES] = AdmissionLimiter(2 * LIMIT, max_requests=3)
    app[ANNOUNCEMENTS] = listener
    app[SHIELDED_TASKS] = set()
    app[TRUSTED_PROXIES] = ()
    for route in HOOKS:
        route.register(app.router)
    return await aiohttp_client(app)


async def answer(response: aiohttp.ClientResponse, status: int) -> Any:
    assert response.status == status, await response.text()
    return await response.json()


async def test_a_push_is_announced(client: Any, listener: Listener) -> None:
    headers = {"X-Token": TOKEN, "X-User": "ada"}
    async with client.post("/hooks/_source/forge", data=b"https://a/b\ngit@a:b\n", headers=headers) as response:
        assert await answer(response, 202) == {"workspaces": ["main"], "libraries": ["common"], "pushes": 2}
    pushes = [Push(urls=("https://a/b",), by="ada"), Push(urls=("git@a:b",), by="ada")]
    assert listener.told == [(pushes, "forge", None)]


async def test_a_push_for_one_workspace_is_told_to_it_alone(client: Any, listener: Listener) -> None:
    async with client.post(f"/hooks/_source/forge/main?token={TOKEN}", data=b"https://a/b") as response:
        assert (await answer(response, 202))["pushes"] == 1
    assert listener.told == [([Push(urls=("https://a/b",))], "forge", "main")]
    async with client.post(f"/hooks/_source/forge/nowhere?token={TOKEN}", data=b"https://a/b") as response:
        assert "nowhere" in (await answer(response, 404))["error"]


async def test_a_ping_wakes_nobody(client: Any) -> None:
    async with client.post("/hooks/_source/forge", headers={"X-Token": TOKEN}) as response:
        assert await answer(response, 202) == {"workspaces": [], "libraries": [], "pushes": 0}


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "code", "said"),
    [
        ("forge", {"X-Token": "wrong"}, b"", 401, "unauthorized", "X-Token is not the token that is set"),
        ("forge", {}, b"", 401, "unauthorized", "X-Token"),
        ("forge", {"X-Token": TOKEN}, b"\xff", 400, "bad-request", "the body is not UTF-8"),
        ("forge", {"X-Token": TOKEN}, b"break", 500, "internal", "Internal server error"),
        ("other", {"X-Token": TOKEN}, b"", 404, "not-found", "push_hooks"),
        ("forge", {"X-Token": TOKEN}, b"x" * (LIMIT + 1), 413, "too-large", str(LIMIT)),
        ("forge", {"Content-Encoding": "gzip"}, BOMB, 413, "too-large", str(LIMIT)),
        ("forge", {"Content-Encoding": "gzip"}, b"no gzip", 400, "bad-request", "gzip"),
    ],
)
async def test_what_is_refused_is_told_in_one_shape(
    client: Any,
    listener: Listener,
    caplog: pytest.LogCaptureFixture,
    path: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    code: str,
    said: str,
) -> None:
    async with client.post(f"/hooks/_source/{path}", data=body, headers=headers) as response:
        told = await answer(response, status)
    assert told["code"] == code
    assert said in told["error"]
    assert TOKEN not in told["error"]
    assert not listener.told


async def test_only_post_is_understood(client: Any) -> None:
    async with client.get("/hooks/_source/forge") as response:
        assert (await answer(response, 405))["code"] == "method-not-allowed"


async def test_who_sends_too_much_at_once_keeps_out_others_until_the_room_is_free_again(client: Any) -> None:
    sent, done = [asyncio.Event(), asyncio.Event()], asyncio.Event()

    async def slow(number: int) -> Any:
        yield b"x" * (LIMIT - 1)
        sent[number].set()
        await done.wait()
        yield b"x"

    async def send(number: int) -> int:
        async with client.post("/hooks/_source/forge", data=slow(number), headers={"X-Token": TOKEN}) as response:
            return int(response.status)

    holding = [asyncio.create_task(send(number)) for number in (0, 1)]
    for event in sent:
        await event.wait()
    limiter = client.server.app[ANONYMOUS_BODIES]
    await eventually(lambda: limiter.free_bytes <= 2, "the bodies have come")
    async with client.post("/hooks/_source/forge", data=b"x" * 3, headers={"X-Token": TOKEN}) as response:
        assert (await answer(response, 503))["code"] == "unavailable"
        assert response.headers["Retry-After"] == "1"
    async with client.post("/hooks/_source/forge", data=b"x", headers={"X-Token": TOKEN}) as response:
        await answer(response, 202)
    done.set()
    assert await asyncio.gather(*holding) == [202, 202]
    assert limiter.free_bytes == 2 * LIMIT


def test_slots_are_freed_on_every_path() -> None:
    limiter = AdmissionLimiter(10, max_requests=2)
    with limiter.slot("a") as slot, limiter.slot("b"):
        slot.take(4)
        with pytest.raises(Unavailable), limiter.slot("c"):
            pass
    with pytest.raises(Unavailable), limiter.slot("a") as slot:
        slot.take(11)
    with limiter.slot("a") as slot:
        slot.take(10)
        assert limiter.free_bytes == 0
    assert limiter.free_bytes == 10


def test_at_start_all_mistakes_of_what_plugins_bring_are_named() -> None:
    wrong = settings(
        push_hooks={
            "good": {"type": "tiny", "token": TOKEN},
            "short": {"type": "tiny", "token": "hunter2"},
            "odd": {"type": "tiny", "tokn": TOKEN},
            "far": {"type": "tinny"},
        },
        event_sinks={"bell": {"type": "bell"}},
        workspaces={"main": {"type": "folder", "path": "/x", "event_sinks": {"bell": {"type": "bell"}}}},
    )
    with pytest.raises(SettingsError) as caught:
        check_available(wrong, registry())
    assert {error.field: error.message for error in caught.value.fields} == {
        "push_hooks.short.token": "must have at least 16 characters, has 7",
        "push_hooks.odd.tokn": "is not a known key; did you mean 'token'?",
        "push_hooks.odd.token": "is required",
        "push_hooks.far.type": "no plugin brings 'tinny'; did you mean 'tiny'?",
        "event_sinks.bell.type": "no plugin brings 'bell'",
        "workspaces.main.event_sinks.bell.type": "no plugin brings 'bell'",
    }
    assert "hunter2" not in str(caught.value)


def test_wrong_hooks_replace_none() -> None:
    hooks = PushHooks(registry(), settings().push_hooks)
    before = hooks.get("forge")
    with pytest.raises(SettingsError):
        hooks.replace(settings(push_hooks={"other": {"type": "tiny"}}).push_hooks)
    assert hooks.get("forge") is before
    hooks.replace({})
    with pytest.raises(NotFound):
        hooks.get("forge")
