"""One step whose news the server never takes, and its neighbours; a server that is away blames nobody."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from stroem.protocol.steps import Outcome
from stroem.worker.http.client import Refused, ServerAway, ServerClient
from stroem.worker.http.delivery_failures import LONE_FAILURES, DeliveryFailures
from tests.support.wait import eventually

Refuse = Callable[[str, dict[str, Any]], web.Response | None]


def has_output(body: dict[str, Any]) -> bool:
    return any(outcome.get("output") == "poison" for outcome in body.get("outcomes", ()))


def has_line(body: dict[str, Any]) -> bool:
    return any("poison" in chunk["data"] for chunk in body.get("logs", ()))


def refusing(is_bad: Callable[[dict[str, Any]], bool], status: int) -> Refuse:
    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        bad = path == "claim" and is_bad(body)
        return web.json_response({"error": "cannot be stored"}, status=status) if bad else None

    return refuse


@pytest.mark.parametrize("status", [400, 413, 500, 501])
async def test_an_outcome_that_is_never_taken_fails_its_step_and_the_others_are_delivered(
    site: Any, server: Any, status: int
) -> None:
    server.refuse = refusing(has_output, status)
    async with site.worker(max_concurrent=8):
        good = [server.offer(f"echo {number}; echo 'OUTPUT: {number}'") for number in range(4)]
        bad = server.offer("echo before; echo 'OUTPUT: \"poison\"'")
        good += [server.offer(f"echo {number}; echo 'OUTPUT: {number}'") for number in range(4, 8)]
        outputs = [(await server.outcome(key))["output"] for key in good]
        outcome = await server.outcome(bad)
        later = server.offer("echo 'OUTPUT: \"later\"'")
        assert (await server.outcome(later))["output"] == "later"
    assert outputs == list(range(8))
    assert outcome["exit_code"] == -1
    assert "The server refused the outcome" in outcome["error"]
    assert "cannot be stored" in outcome["error"]
    assert server.lines(bad)[0] == "before"


@pytest.mark.parametrize("status", [400, 500])
async def test_lines_that_are_never_taken_are_replaced_by_a_notice(site: Any, server: Any, status: int) -> None:
    server.refuse = refusing(has_line, status)
    async with site.worker(max_concurrent=8):
        good = server.offer("echo fine")
        bad = server.offer("echo poison; sleep 0.3; echo after; echo 'OUTPUT: 1'")
        assert (await server.outcome(bad))["output"] == 1
        await server.outcome(good)
    assert server.lines(good) == ["fine"]
    notice, *rest = server.lines(bad)
    assert notice.startswith("1 lines are missing here, the server refused them: ")
    assert rest == ["after", "OUTPUT: 1"]


@pytest.mark.parametrize("status", [400, 500])
async def test_a_loud_chunk_that_is_never_taken_is_replaced_by_a_notice(site: Any, server: Any, status: int) -> None:
    first: list[bytes] = []

    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        if path != "log":
            return None
        first.append(body["data"])
        return web.json_response({"error": "no"}, status=status) if body["data"] == first[0] else None

    server.refuse = refuse
    async with site.worker(max_concurrent=8):
        loud = server.offer("seq 100000")
        others = [server.offer(f"sleep 0.{number}; echo {number}") for number in range(5)]
        for key in (loud, *others):
            assert (await server.outcome(key))["exit_code"] == 0
    notices = [line for line in server.lines(loud) if "missing here" in line]
    assert len(notices) == 1
    assert server.lines(loud)[-1] == "100000"


async def test_what_cannot_be_written_as_json_is_refused_as_by_the_server(site: Any) -> None:
    """A file name that is not UTF-8 in an error, for example: its step goes alone and fails, as for any refusal."""
    async with ServerClient(site.settings()) as client:
        failed = Outcome(job_id=uuid.uuid4(), step_name="a", attempt=1, error="no file no-\udcff")
        with pytest.raises(Refused, match="cannot be written as JSON") as caught:
            await client.post("/worker/jobs/claim", failed)
    assert caught.value.status == 400


@pytest.mark.slow("waits for a timeout or a retry")
@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_takes_nothing_blames_no_step(site: Any, server: Any, status: int) -> None:
    refused = 0

    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        nonlocal refused
        if path != "claim" or not (refused or body["outcomes"]) or refused > 3 * LONE_FAILURES:
            return None
        refused += 1
        return web.json_response({"error": "broken"}, status=status)

    server.refuse = refuse
    async with site.worker(max_concurrent=8):
        keys = [server.offer(f"echo 'OUTPUT: {number}'") for number in range(3)]
        assert [(await server.outcome(key))["output"] for key in keys] == [0, 1, 2]


async def test_a_part_of_an_answer_that_names_no_step_costs_the_others_nothing(site: Any, server: Any) -> None:
    async with site.worker():
        server.cancels += [{"nonsense": True}, {"job_id": "x", "step_name": "y", "attempt": "z"}]
        nameless = server._ready("echo never", {})
        del nameless["job_id"]
        server.offered.append({**nameless, "job_id": "j", "attempt": "not a number"})
        assert (await server.outcome(server.offer("echo fine")))["exit_code"] == 0


async def test_a_worker_that_cannot_deliver_stops_in_time(site: Any, server: Any) -> None:
    server.refuse = refusing(has_output, 503)
    async with site.worker() as worker:
        server.offer("echo 'OUTPUT: \"poison\"'")
        await server.until(lambda: any(has_output(body) for body in server.requests))
        worker.drain()


@asynccontextmanager
async def hanging_up(port: int) -> AsyncIterator[list[None]]:
    """Accepts connections on a port and closes them; one item for each."""
    calls: list[None] = []

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(None)
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1", port):
        yield calls


async def test_an_outage_is_two_lines_in_the_log(site: Any, server: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "stroem")
    async with site.worker():
        await server.outcome(server.offer("echo before"))
        await server.stop()
        gone = await eventually(lambda: [line for line in caplog.messages if "cannot be reached" in line])
        async with hanging_up(server.port) as calls:
            await eventually(lambda: len(calls) >= 3, "the worker tries again and again")
        await server.start()
        await server.outcome(server.offer("echo after"))
    told = [line for line in caplog.messages if server.url in line]
    assert told[0] == gone[0]
    assert told[1].startswith(f"{server.url} is back after ")
    assert len(told) == 2


def test_only_some_statuses_may_concern_the_body() -> None:
    statuses = (None, 429, 500, 501, 502, 503, 504, 507)
    assert [one for one in statuses if ServerAway("no", one).may_concern_body] == [500, 501, 507]


def test_the_content_is_the_cause_after_failures_while_other_requests_succeed() -> None:
    failures = DeliveryFailures()
    assert [failures.add(7) for _ in range(10)] == [False] * 10
    assert failures.add(8)
    assert [failures.add(successes) for successes in (8, 9, 10)] == [False, False, True]
    failures.add(1)
    failures.clear()
    assert [failures.add(successes) for successes in (2, 3)] == [False, False]
