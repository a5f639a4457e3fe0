"""Logs over REST and over the WebSocket."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import WSMsgType

from stroem.server.keys import SERVICES
from tests.support.wait import eventually

NOBODY = "00000000-0000-4000-8000-000000000000"


def said(text: str) -> list[str]:
    """What the lines of a JSONL text say."""
    return [orjson.loads(line)["line"] for line in text.splitlines()]


@asynccontextmanager
async def stream(server: Any, job_id: str, **query: str | int) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with server.http.ws_connect(f"/api/jobs/{job_id}/logs/stream", params=query) as socket:
        yield socket


async def all_events(server: Any, job_id: str, **query: str | int) -> list[Any]:
    """All frames until the server closes."""
    async with stream(server, job_id, events="true", **query) as socket:
        return [orjson.loads(message.data) async for message in socket]


async def plain_lines(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[str]:
    """So many lines, as plain clients get them."""
    found: list[str] = []
    while len(found) < count:
        message = await socket.receive(timeout=60)
        assert message.type is WSMsgType.TEXT
        assert message.data.endswith("\n")
        found.extend(said(message.data))
    return found


@pytest.fixture
async def claim(server: Any, plain_worker: Any) -> Any:
    """The first step of a running job."""
    await server.start_job()
    return await plain_worker.claim()


async def end_job(plain_worker: Any, claim: Any) -> None:
    await plain_worker.complete(claim, exit_code=1)


class TestRest:
    async def test_a_log_in_parts(self, server: Any, plain_worker: Any, claim: Any) -> None:
        path = f"/api/jobs/{claim['job_id']}/logs"
        assert await server.get(path) == {"logs": "", "next": 0, "more": False, "total": 0}
        for start in range(0, 10, 2):
            await plain_worker.log(claim, *(f"line {number}" for number in range(start, start + 2)))
        whole = await server.get(path)
        assert said(whole["logs"]) == [f"line {number}" for number in range(10)]
        assert (whole["next"], whole["more"], whole["total"]) == (10, False, 10)
        part = await server.get(path, after=3, limit=4)
        assert said(part["logs"]) == [f"line {number}" for number in range(3, 7)]
        assert (part["next"], part["more"], part["total"]) == (7, True, 10)
        tail = await server.get(path, tail=3)
        assert said(tail["logs"]) == ["line 7", "line 8", "line 9"]
        assert tail["next"] == 10
        assert said((await server.get(path, tail=100))["logs"]) == said(whole["logs"])
        assert said((await server.get(path, after=100))["logs"]) == []
        assert said((await server.get(path, after=-1, limit=-1))["logs"]) == ["line 0"]

    async def test_the_log_of_one_step(self, server: Any, plain_worker: Any, claim: Any) -> None:
        await plain_worker.log(claim, "first")
        await plain_worker.complete(claim, output={"greeting": "hi"})
        second = await plain_worker.claim()
        await plain_worker.log(second, "second")
        for path, query in (("logs", {"step": "second"}), ("steps/second/logs", {})):
            page = await server.get(f"/api/jobs/{claim['job_id']}/{path}", **query)
            assert said(page["logs"]) == ["second"]
            assert page["more"] is False
        empty = await server.get(f"/api/jobs/{claim['job_id']}/steps/say-first/logs", after=1)
        assert empty["more"] is False
        assert (await server.get(f"/api/jobs/{claim['job_id']}/steps/_server/logs"))["logs"] == ""
        async with server.http.get(f"/api/jobs/{claim['job_id']}/steps/third/logs") as response:
            assert response.status == 404

    async def test_a_long_log_comes_whole(self, server: Any, plain_worker: Any, claim: Any) -> None:
        lines = [f"{number} " + 'ø\\"\t' * 500 for number in range(1000)]
        for start in range(0, 1000, 100):
            await plain_worker.log(claim, *lines[start : start + 100])
        whole = await server.get(f"/api/jobs/{claim['job_id']}/logs")
        assert said(whole["logs"]) == lines
        assert said((await server.get(f"/api/jobs/{claim['job_id']}/logs", tail=700))["logs"]) == lines[300:]


class TestPlainClients:
    async def test_what_is_there_then_what_comes(self, server: Any, plain_worker: Any, claim: Any) -> None:
        await plain_worker.log(claim, "a", "b")
        async with stream(server, claim["job_id"]) as socket:
            assert await plain_lines(socket, 2) == ["a", "b"]
            await plain_worker.log(claim, "c")
            assert await plain_lines(socket, 1) == ["c"]
            await socket.send_str("what a client says is not heard")
            await end_job(plain_worker, claim)
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.2)
            assert not socket.closed

    async def test_what_is_there_can_be_left_out(self, server: Any, plain_worker: Any, claim: Any) -> None:
        await plain_worker.log(claim, "a", "b")
        async with stream(server, claim["job_id"], skip_backfill="true") as socket:
            await socket.ping()
            await plain_worker.log(claim, "c")
            assert await plain_lines(socket, 1) == ["c"]

    async def test_an_unknown_job_has_an_open_socket_without_lines(self, server: Any) -> None:
        async with stream(server, NOBODY) as socket:
            with pytest.raises(TimeoutError):
                await socket.receive(timeout=0.2)
            assert not socket.closed

    async def test_nothing_is_left_of_a_client_that_vanishes(self, server: Any, claim: Any) -> None:
        services = server.app[SERVICES]
        async with stream(server, claim["job_id"]) as socket:
            await eventually(lambda: services.notifier.watched_jobs, "the log is watched")
            socket.get_extra_info("socket").shutdown(2)
            await eventually(lambda: not services.notifier.watched_jobs, "nothing is watched")

    async def test_a_server_that_stops_says_so(self, server: Any, claim: Any) -> None:
        async with stream(server, claim["job_id"]) as socket:
            stopping = asyncio.create_task(server.runner.cleanup())
            message = await socket.receive(timeout=60)
            assert message.type is WSMsgType.CLOSE
            assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
            await stopping


class TestEvents:
    async def test_positions_and_an_end(self, server: Any, plain_worker: Any, claim: Any) -> None:
        await plain_worker.log(claim, "a", "b")
        async with stream(server, claim["job_id"], events="true") as socket:
            frame = await socket.receive_json(timeout=60)
            assert said(frame.pop("data")) == ["a", "b"]
            assert frame == {"event": "log", "after": 0, "next": 2}
            await plain_worker.log(claim, "c")
            frame = await socket.receive_json(timeout=60)
            assert (frame["after"], frame["next"], said(frame["data"])) == (2, 3, ["c"])
            await end_job(plain_worker, claim)
            assert await socket.receive_json(timeout=60) == {"event": "end", "status": "failed", "next": 3}
            assert (await socket.receive(timeout=60)).type is WSMsgType.CLOSE
            assert socket.close_code == aiohttp.WSCloseCode.OK

    async def test_a_client_resumes(self, server: Any, plain_worker: Any, claim: Any) -> None:
        await plain_worker.log(claim, *"abcdef")
        await end_job(plain_worker, claim)
        log, end = await all_events(server, claim["job_id"], after=4)
        assert (log["after"], log["next"], said(log["data"])) == (4, 6, ["e", "f"])
        assert end == {"event": "end", "status": "failed", "next": 6}
        assert await all_events(server, claim["job_id"], after=6) == [{"event": "end", "status": "failed", "next": 6}]

    async def test_one_step(self, server: Any, plain_worker: Any, claim: Any) -> None:
        await plain_worker.log(claim, "first")
        await plain_worker.complete(claim, output={"greeting": "hi"})
        second = await plain_worker.claim()
        await plain_worker.log(second, "second")
        await plain_worker.complete(second, output=None)
        log, end = await all_events(server, claim["job_id"], step="second")
        assert said(log["data"]) == ["second"]
        assert end["status"] == "completed"

    @pytest.mark.parametrize("query", [{}, {"step": "nothing"}])
    async def test_what_is_not_there_is_refused(self, server: Any, claim: Any, query: dict[str, str]) -> None:
        job_id = claim["job_id"] if query else NOBODY
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await all_events(server, job_id, **query)
        assert refused.value.status == 404

    @pytest.mark.slow("large data or many rounds")
    async def test_clients_that_come_at_any_moment_miss_nothing_and_get_nothing_twice(
        self, server: Any, plain_worker: Any, claim: Any
    ) -> None:
        lines = [f"line {number}" for number in range(2000)]
        dice = random.Random(7)
        gate = [asyncio.Event() for _ in range(12)]

        async def watch(number: int) -> list[str]:
            await gate[number].wait()
            after, found = 0, []
            while True:
                async with stream(server, claim["job_id"], events="true", after=after) as socket:
                    async for message in socket:
                        frame = orjson.loads(message.data)
                        assert frame.get("after", after) == after
                        after = frame["next"]
                        if frame["event"] == "end":
                            return found
                        found.extend(said(frame["data"]))
                        if dice.random() < 0.1:
                            break

        watching = [asyncio.create_task(watch(number)) for number in range(len(gate))]
        position = 0
        while position < len(lines):
            step = dice.randint(1, 40)
            await plain_worker.log(claim, *lines[position : position + step])
            position += step
            if dice.random() < 0.5 and (closed := [one for one in gate if not one.is_set()]):
                closed[0].set()
        await end_job(plain_worker, claim)
        for one in gate:
            one.set()
        for found in await asyncio.gather(*watching):
            assert found == lines

    async def test_a_client_that_does_not_read_holds_up_nobody(
        self, server: Any, plain_worker: Any, claim: Any
    ) -> None:
        async with stream(server, claim["job_id"], events="true") as lazy:
            for number in range(40):
                await plain_worker.log(claim, f"{number} " + "x" * 200_000)
            await end_job(plain_worker, claim)
            frames = await all_events(server, claim["job_id"])
            assert frames[-1]["next"] == 40
            behind = [orjson.loads(message.data) async for message in lazy]
            assert [line[:2] for frame in behind[:-1] for line in said(frame["data"])] == [
                f"{number} "[:2] for number in range(40)
            ]
