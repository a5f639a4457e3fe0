"""Events of a consumer's step on their way to the server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from tests.support.wait import eventually
from tests.worker.scripted_server import TOKEN, Key, ScriptedServer

CONFIG = {"target_task": "handle", "source_id": "w/t", "input_defaults": {"a": 1}, "env": {"WHERE": "here"}}
BATCHES = {**CONFIG, "batch_events": 10}


class Inbox:
    """The server's end of the events: keeps what it takes, as long as it has room."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.events: list[dict[str, Any]] = []
        self.bodies: list[dict[str, Any]] = []
        self.room: int | None = None
        self.poison: str | None = None
        self.status: int | None = None
        self.lose_answers = 0
        server.take_events = self._take

    async def _take(self, form: str, body: dict[str, Any]) -> web.Response:
        self.bodies.append(body)
        if self.status is not None:
            return web.json_response({"error": "no"}, status=self.status)
        if form == "emit":
            self.events.append(body)
            return web.json_response({"job_id": None})
        events = body["events"]
        if any(event.get("id") == self.poison and "problem" not in event for event in events if self.poison):
            return web.json_response({"error": "poison"}, status=400)
        taken = events if self.room is None else events[: self.room]
        self.events += taken
        if self.room is not None:
            self.room -= len(taken)
        if self.lose_answers:
            self.lose_answers -= 1
            return web.json_response({"error": "lost"}, status=503)
        return web.json_response({"settled": len(taken), "room": self.room})

    @property
    def numbers(self) -> list[int]:
        return [event["data"]["n"] for event in self.events]

    async def has(self, count: int) -> None:
        await self.server.until(lambda: len(self.events) >= count)


@pytest.fixture
def inbox(server: ScriptedServer) -> Inbox:
    return Inbox(server)


def consumer(server: ScriptedServer, script: str, config: dict[str, Any] = BATCHES) -> Key:
    """Offers a step of a consumer."""
    return server.offer(script, event_source_config=config, step_id=1)


@asynccontextmanager
async def killed_worker(site: Any) -> AsyncIterator[None]:
    """A worker that is gone at the end of the block without a word."""
    async with site.worker() as worker:
        yield
        await worker._outboxes.close()


async def test_events_are_delivered_while_the_consumer_runs(site: Any, server: Any, inbox: Inbox) -> None:
    async with site.worker():
        key = consumer(server, 'echo "OUTPUT: {\\"n\\": 1, \\"w\\": \\"$WHERE\\"}"; sleep 600')
        await inbox.has(1)
        server.cancel(key)
        outcome = await server.outcome(key)
    (body,) = inbox.bodies
    assert body["source_id"] == "w/t"
    assert body["writer"] == {"job_id": key[0], "step_id": 1, "step_name": "step", "attempt": 1}
    assert inbox.events == [{"number": 0, "data": {"n": 1, "w": "here"}}]
    assert outcome["cancelled"]
    assert "output" not in outcome
    assert server.lines(key, "stdout") == ['OUTPUT: {"n": 1, "w": "here"}']


async def test_a_plain_server_gets_one_event_after_the_other(site: Any, server: Any, inbox: Inbox) -> None:
    async with site.worker():
        key = consumer(server, 'echo "OUTPUT: {\\"n\\": 1}"; echo \'EVENT: {"id": "x", "data": {"a": 2}}\'', CONFIG)
        await inbox.has(2)
        assert (await server.outcome(key))["exit_code"] == 0
    common = {"workspace": "w", "task": "handle", "source_id": "w/t"}
    assert inbox.events == [
        {**common, "input": {"a": 1, "n": 1}, "event_id": f"event 0 of {key[0]}/1/1"},
        {**common, "input": {"a": 2}, "event_id": "x"},
    ]


async def test_events_survive_outages_in_order(site: Any, server: Any, inbox: Inbox) -> None:
    async with site.worker():
        inbox.status = 503
        consumer(server, 'for n in $(seq 0 99); do echo "OUTPUT: {\\"n\\": $n}"; done')
        await server.until(lambda: inbox.bodies)
        await server.stop()
        inbox.status, inbox.lose_answers = None, 2
        await server.start()
        await server.until(lambda: len(set(inbox.numbers)) == 100)
    assert list(dict.fromkeys(inbox.numbers)) == list(range(100))


async def test_events_are_delivered_after_a_restart_of_the_worker(site: Any, server: Any, inbox: Inbox) -> None:
    inbox.status = 503
    async with killed_worker(site):
        key = consumer(server, 'for n in 0 1 2; do echo "OUTPUT: {\\"n\\": $n}"; done')
        await server.outcome(key)
    inbox.status = None
    async with site.worker():
        await inbox.has(3)
        await eventually(lambda: not list((site.directory / "tester/outboxes").iterdir()))
    assert inbox.numbers == [0, 1, 2]


async def test_the_pipe_is_not_read_while_the_server_holds(site: Any, server: Any, inbox: Inbox) -> None:
    inbox.room = 1
    flood = 'n=0; while true; do echo "OUTPUT: {\\"n\\": $n}"; n=$((n + 1)); echo $n > $STATE_OUT_DIR/n; done'
    async with site.worker():
        key = consumer(server, flood)
        await inbox.has(1)
        await server.until(lambda: len(inbox.bodies) > 3)
        (outbox,) = (site.directory / "tester/outboxes").glob("*.events")
        size = outbox.stat().st_size
        assert size < 1024 * 1024
        bodies = len(inbox.bodies)
        await server.until(lambda: len(inbox.bodies) > bodies + 3)
        assert outbox.stat().st_size == size
        assert inbox.numbers == [0]
        inbox.room = 100
        await inbox.has(101)
        server.cancel(key)
        assert (await server.outcome(key))["cancelled"]
    assert inbox.numbers[:101] == list(range(101))


async def test_one_event_that_the_server_refuses_does_not_stop_its_neighbours(
    site: Any, server: Any, inbox: Inbox
) -> None:
    inbox.poison = "5"
    script = 'for n in $(seq 0 9); do echo "EVENT: {\\"id\\": \\"$n\\", \\"data\\": {\\"n\\": $n}}"; done'
    async with site.worker():
        consumer(server, script)
        await inbox.has(10)
    assert [event["id"] for event in inbox.events] == [str(n) for n in range(10)]
    faulty = inbox.events[5]
    assert faulty["problem"] == "The server refused it: poison (400)"
    assert faulty["text"] == '{"n":5}'


async def test_a_server_without_batches_that_refuses_an_event_goes_on(site: Any, server: Any, inbox: Inbox) -> None:
    inbox.status = 400
    async with site.worker():
        key = consumer(server, "echo 'OUTPUT: {}'; echo more; sleep 600", CONFIG)
        await server.until(lambda: inbox.bodies)
        inbox.status = None
        server.cancel(key)
        await server.outcome(key)
    assert any("Event 0 went to the dead letters: no (400)" in line for line in server.lines(key, "stderr"))


async def test_the_token_of_the_worker_is_masked_in_events(site: Any, server: Any, inbox: Inbox) -> None:
    async with site.worker():
        consumer(server, f'echo \'EVENT: {{"data": {{"x": "{TOKEN}"}}}}\'')
        await inbox.has(1)
    assert inbox.events[0]["data"]["x"] == "••••••"


async def test_a_worker_that_shuts_down_delivers_what_it_can(site: Any, server: Any, inbox: Inbox) -> None:
    script = r"""
    trap 'echo "OUTPUT: {\"n\": 2}"; exit' TERM
    echo 'OUTPUT: {"n": 1}'
    sleep 600 & wait
    """
    async with site.worker(drain_timeout_secs=3600) as worker:
        consumer(server, script)
        await inbox.has(1)
        worker.drain()
        await inbox.has(2)
    assert inbox.numbers == [1, 2]
