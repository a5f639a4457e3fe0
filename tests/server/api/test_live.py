"""Watchers hear of what changes, on any server, and slow ones are told to read again."""

import asyncio
import datetime
import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import psycopg
import pytest

from stroem.orchestrator.live.notice import Notice
from stroem.orchestrator.live.subscription import Subscription
from stroem.orchestrator.notifier import Notification
from stroem.registry.registry import load_plugins
from stroem.server.app import build_app
from stroem.server.keys import SERVICES
from stroem.server.serving import make_runner
from tests.server.conftest import settings_of
from tests.support.listening import listening
from tests.support.wait import PATIENCE_SECS, eventually

_TIME = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


async def until(socket: aiohttp.ClientWebSocketResponse, **wanted: Any) -> dict[str, Any]:
    """The first notice that has these values."""
    async with asyncio.timeout(PATIENCE_SECS):
        while True:
            notice: dict[str, Any] = await socket.receive_json()
            if all(notice.get(key) == value for key, value in wanted.items()):
                return notice


@asynccontextmanager
async def watching(http: aiohttp.ClientSession, **query: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A watcher that has got the first notice."""
    async with http.ws_connect("/api/live", params=query) as socket:
        assert (await socket.receive_json())["kind"] == "start"
        yield socket


@pytest.fixture
async def other(server: Any, database_url: str, folder: Path, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    """A session with another server of the same database."""
    app = build_app(settings_of(folder, database_url, tmp_path), load_plugins())
    async with listening(make_runner(app)) as url, aiohttp.ClientSession(url) as http:
        for one in (server.app, app):
            bridge = one[SERVICES].postgres_notifier
            await eventually(lambda bridge=bridge: bridge._others, "the servers know each other")
        yield http


async def test_the_life_of_a_job(server: Any, plain_worker: Any) -> None:
    async with watching(server.http) as socket:
        job = await server.start_job()
        created = await until(socket, kind="job", id=job)
        assert created.pop("at").endswith("Z")
        assert created == {
            "kind": "job",
            "id": job,
            "workspace": "main",
            "task": "hello",
            "status": "pending",
            "source_type": "api",
            "paused": False,
            "open": 1,
            "failed": 0,
        }
        claim = await plain_worker.claim()
        await until(socket, kind="job", id=job, status="running")
        await plain_worker.start(claim)
        await plain_worker.complete(claim, exit_code=1, error="no")
        ended = await until(socket, kind="job", id=job, status="failed")
        assert (ended["open"], ended["failed"]) == (0, 1)


async def test_steps_of_one_job(server: Any, plain_worker: Any) -> None:
    job = await server.start_job()
    async with watching(server.http, job=job) as socket:
        claim = await plain_worker.claim()
        running = await until(socket, kind="step", status="running")
        assert (running["id"], running["step"], running["attempt"]) == (job, "say-first", 1)
        await plain_worker.start(claim)
        await plain_worker.complete(claim)
        await until(socket, kind="step", step="say-first", status="completed")
    async with server.http.get("/api/live", params={"job": "00000000-0000-0000-0000-000000000000"}) as response:
        assert response.status == 404


async def test_watchers_hear_again_after_an_outage(
    server: Any, plain_worker: Any, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="stroem.server.http.streaming")
    name = database_url.partition("?")[0].rpartition("/")[2]
    services = server.app[SERVICES]
    job = await server.start_job()

    def follower_has_failed() -> bool:
        services.notifier.wake_watchers([uuid.UUID(job)])
        return any("could not be read for a watcher" in record.getMessage() for record in caplog.records)

    def is_back() -> bool:
        services.rescuer.woken.set()
        return services.database._away_since is None

    async with watching(server.http, job=job) as socket:
        admin_url = database_url.replace(f"/{name}?", "/postgres?")
        async with await psycopg.AsyncConnection.connect(admin_url, autocommit=True) as admin:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            await eventually(follower_has_failed, "the steps cannot be followed")
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
        await eventually(is_back, "PostgreSQL is back")
        await until(socket, kind="resync")
        await plain_worker.claim()
        assert (await until(socket, kind="step", status="running"))["step"] == "say-first"


async def test_more_jobs_than_are_told_one_by_one(server: Any) -> None:
    async with watching(server.http) as socket:
        services = server.app[SERVICES]
        for _ in range(3):
            services.notifier.publish(Notification(jobs=frozenset(uuid.uuid4() for _ in range(200))))
        assert len(services.live._changed_jobs) <= 300
        await until(socket, kind="resync")


async def test_another_server_hears_of_jobs_claims_and_workers(
    server: Any, plain_worker: Any, other: aiohttp.ClientSession
) -> None:
    async with watching(other) as socket:
        bridge = server.app[SERVICES].postgres_notifier
        await eventually(lambda: bridge._has_watched_others, "the server knows of the watcher")
        job = await server.start_job()
        await until(socket, kind="job", id=job, status="pending")
        await plain_worker.claim()
        await until(socket, kind="job", id=job, status="running")
        worker_id = await plain_worker.register(name="second")
        assert (await until(socket, kind="worker", id=worker_id))["status"] == "active"
    await eventually(lambda: not bridge._has_watched_others, "the watcher has gone")


async def test_triggers_and_workspaces(server: Any) -> None:
    async with watching(server.http) as socket:
        async with server.http.post("/api/workspaces/main/triggers/nightly/fire", json={}) as response:
            assert response.status == 200, await response.text()
        fired = await until(socket, kind="trigger")
        assert (fired["workspace"], fired["trigger"]) == ("main", "nightly")
        async with server.http.post("/api/workspaces/main/triggers/nightly/pause", json={}) as response:
            assert response.status == 200, await response.text()
        await until(socket, kind="event", event="overridden")
        await until(socket, kind="workspace", workspace="main")
        await until(socket, kind="trigger", workspace="main")


async def test_server_sent_events(server: Any) -> None:
    async with server.http.get("/api/live/sse") as response:
        assert response.content_type == "text/event-stream"

        async def notice() -> Any:
            text = await response.content.readuntil(b"\n\n")
            name, data = text.decode().strip().splitlines()
            assert name == "event: notice"
            return orjson.loads(data.removeprefix("data: "))

        async with asyncio.timeout(PATIENCE_SECS):
            assert (await notice())["kind"] == "start"
            job = await server.start_job()
            while (one := await notice())["kind"] != "job":
                pass
            assert one["id"] == job


async def test_nobody_follows_after_the_last_watcher(server: Any) -> None:
    live = server.app[SERVICES].live
    async with watching(server.http), watching(server.http):
        assert len(live._subscriptions) == 2
        assert live._following is not None
    await eventually(lambda: not live._subscriptions, "the watchers have gone")
    assert live._following is None
    await server.start_job()
    assert not live._changed_jobs
    async with watching(server.http) as socket:
        job = await server.start_job()
        await until(socket, kind="job", id=job)


async def test_a_slow_watcher_is_told_to_read_again() -> None:
    slow = Subscription()
    at = (start := Notice(kind="start", at=_TIME)).at
    slow.add([start])
    for status in ("pending", "running"):
        slow.add(Notice(kind="job", id=str(number), at=at, status=status) for number in range(900))
    taken = await slow.take()
    assert len(taken) == 901
    assert {one.status for one in taken[1:]} == {"running"}
    for number in range(3000):
        slow.add([Notice(kind="job", id=str(number), at=at)])
    assert len(slow._pending) <= 1001
    assert [one.kind for one in await slow.take()] == ["resync"]
    slow.add([start])
    assert [one.kind for one in await slow.take()] == ["start"]
