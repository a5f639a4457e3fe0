"""The history of a job: pages, a WebSocket and server-sent events."""

import asyncio
import random
import uuid
from typing import Any

import aiohttp
import orjson
import pytest

from stroem.orchestrator.jobs import history_reader
from stroem.server.keys import SERVICES
from stroem.store import statement
from stroem.store.jobs import history
from tests.server.node_tasks import node_fixtures
from tests.server.traveller import Traveller, chunk, outcome
from tests.support.wait import eventually

NOBODY = "00000000-0000-4000-8000-000000000000"
TASKS: Any = {
    "chain": [
        {"name": "first", "entry": True, "action": "nothing", "edges": [{"to": 1}]},
        {"name": "second", "action": "nothing"},
    ],
    "deploy": [
        {"name": "deploy", "kind": "loop", "entry": True, "items": ["a", "b", "c"], "limit": 1},
        {"name": "host", "kind": "block", "parent": 0, "entry": True},
        {"name": "test", "parent": 1, "entry": True, "action": "nothing", "retry": {"attempts": 2}},
        {"name": "gate", "kind": "approval", "entry": True, "input": {"message": "?"}},
    ],
}


registry, folder = node_fixtures(TASKS)


async def socket_frames(server: Any, job_id: str, **query: str | int) -> list[Any]:
    """All frames until the server closes."""
    async with server.http.ws_connect(f"/api/jobs/{job_id}/history/stream", params=query) as socket:
        return [orjson.loads(message.data) async for message in socket]


async def sent_events(server: Any, job_id: str, last: int | None = None, **query: str | int) -> list[Any]:
    """All server-sent events until the end, as frames of the WebSocket."""
    headers = {"Accept": "text/event-stream", **({} if last is None else {"Last-Event-ID": str(last)})}
    async with server.http.get(f"/api/jobs/{job_id}/history", params=query, headers=headers) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        texts = (await response.text()).split("\n\n")
    found = []
    for text in texts:
        if not text or text.startswith(":"):
            continue
        fields = dict(line.split(": ", 1) for line in text.splitlines())
        data, event = orjson.loads(fields["data"]), fields["event"]
        frame = {"item": data} if event == "history" else data
        found.append({"event": event, "next": int(fields["id"]), **frame})
    return found


async def run_job(server: Any, traveller: Traveller) -> str:
    """A job that has run to its end, with a retry and a rejection."""
    job_id: str = await server.start_job("deploy")
    (first,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(first, exit_code=3)], max_steps=0)
    path = f"/api/jobs/{job_id}/steps/gate/approve"
    async with server.http.post(path, json={"approved": False, "rejection_reason": "no"}) as response:
        assert response.status == 200
    while steps := (await traveller.ask(wait_secs=1))["steps"]:
        await traveller.ask(outcomes=[outcome(step) for step in steps], max_steps=0)
    assert (await server.get(f"/api/jobs/{job_id}"))["status"] == "failed"
    return job_id


async def test_every_change_is_told_with_its_cause_and_actor(server: Any, traveller: Traveller) -> None:
    job_id = await run_job(server, traveller)
    page = await server.get(f"/api/jobs/{job_id}/history", limit=500)
    items = page["items"]
    assert (page["more"], page["next"]) == (False, items[-1]["id"])
    assert [item["id"] for item in items] == sorted({item["id"] for item in items})
    assert (items[0]["step_name"], items[0]["status"], items[0]["cause"]) == (None, "pending", "created")
    assert (items[-1]["step_name"], items[-1]["status"]) == (None, "failed")
    gate = [item for item in items if item["step_name"] == "gate"]
    assert [(one["status"], one["waits_for"], one["cause"], one["actor"], one["detail"]) for one in gate] == [
        ("suspended", "approval", "dependencies", None, None),
        ("failed", None, "answer", "anonymous", "no"),
    ]
    tests = (await server.get(f"/api/jobs/{job_id}/history", limit=500, step="deploy[0].test"))["items"]
    assert [(one["status"], one["attempt"], one["waits_for"]) for one in tests] == [
        ("ready", 0, None),
        ("running", 1, None),
        ("pending", 1, "retry"),
        ("ready", 1, None),
        ("running", 2, None),
        ("completed", 2, None),
    ]
    assert tests[1]["actor"] == traveller.worker_id
    assert tests[2]["detail"] == "Process exited with code 3"


async def test_pages_miss_and_repeat_nothing(server: Any, traveller: Traveller) -> None:
    job_id = await run_job(server, traveller)
    path = f"/api/jobs/{job_id}/history"
    whole = (await server.get(path, limit=500))["items"]
    found, after, more = [], 0, True
    while more:
        page = await server.get(path, after=after, limit=4)
        found += page["items"]
        after, more = page["next"], page["more"]
    assert found == whole
    assert await server.get(path, after=10**18) == {"items": [], "next": 10**18, "more": False}
    assert (await server.get(path, after=-5, limit=-5))["items"] == whole[:1]


async def test_a_stream_resumes_at_every_position(server: Any, traveller: Traveller) -> None:
    job_id = await run_job(server, traveller)
    items = (await server.get(f"/api/jobs/{job_id}/history", limit=500))["items"]
    frames = [{"event": "history", "next": item["id"], "item": item} for item in items]
    end = {"event": "end", "status": "failed", "next": items[-1]["id"]}
    assert await socket_frames(server, job_id) == [*frames, end]
    assert await sent_events(server, job_id) == [*frames, end]
    for at in range(len(frames)):
        rest = [*frames[at + 1 :], end]
        assert await socket_frames(server, job_id, after=frames[at]["next"]) == rest
        assert await sent_events(server, job_id, last=frames[at]["next"]) == rest
    of_step = [frame for frame in frames if frame["item"]["step_name"] == "gate"]
    assert await socket_frames(server, job_id, step="gate") == [*of_step, end]


async def test_readers_that_come_and_go_see_everything_once(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("deploy")
    chance = random.Random(7)

    async def read() -> list[Any]:
        found: list[Any] = []
        while True:
            after = found[-1]["next"] if found else 0
            query = {"after": after}
            async with server.http.ws_connect(f"/api/jobs/{job_id}/history/stream", params=query) as socket:
                for _ in range(chance.randint(1, 4)):
                    frame = orjson.loads((await socket.receive(timeout=60)).data)
                    found.append(frame)
                    if frame["event"] == "end":
                        return found

    readers = [asyncio.create_task(read()) for _ in range(4)]
    async with server.http.post(f"/api/jobs/{job_id}/steps/gate/approve", json={"approved": True}) as response:
        assert response.status == 200
    done = 0
    while done < 3:
        for step in (await traveller.ask(wait_secs=1))["steps"]:
            await traveller.ask(outcomes=[outcome(step)], max_steps=0)
            done += 1
    items = (await server.get(f"/api/jobs/{job_id}/history", limit=500))["items"]
    for found in await asyncio.gather(*readers):
        assert [frame["item"] for frame in found[:-1]] == items
        assert found[-1]["status"] == "completed"


async def test_a_claim_wakes_a_stream(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("deploy")
    async with server.http.ws_connect(f"/api/jobs/{job_id}/history/stream") as socket:
        await traveller.ask()
        while True:
            item = orjson.loads((await socket.receive(timeout=60)).data)["item"]
            if (item["step_name"], item["status"]) == ("deploy[0].test", "running"):
                return


LATE = "INSERT INTO history (job_id, step, status, attempt, cause) VALUES (%s, 0, 'running', 0, %s)"


async def test_a_change_that_is_committed_late_is_not_passed_over(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are given before the commit: a claim has no lock of the job, and may be committed after a greater id."""
    job_id = await server.start_job("deploy")
    services = server.app[SERVICES]
    before = (await server.get(f"/api/jobs/{job_id}/history"))["next"]
    polls: list[frozenset[str]] = []
    asked = history.writers

    async def counted(connection: Any) -> frozenset[str]:
        polls.append(await asked(connection))
        return polls[-1]

    async with server.http.ws_connect(f"/api/jobs/{job_id}/history/stream", params={"after": before}) as socket:
        async with services.database.begin() as late:
            await statement.execute(late, LATE, (job_id, "late"))
            async with services.database.begin() as early:
                await statement.execute(early, LATE, (job_id, "early"))
            monkeypatch.setattr(history, "writers", counted)
            received = asyncio.create_task(socket.receive())
            page = asyncio.create_task(server.get(f"/api/jobs/{job_id}/history", after=before))
            services.notifier.wake_watchers([uuid.UUID(job_id)])
            await eventually(lambda: len(polls) >= 6, "both readers wait for the transaction")
            assert {len(writers) for writers in polls} == {1}
            assert [received.done(), page.done()] == [False, False]
        frames = [orjson.loads(one.data) for one in (await received, await socket.receive(timeout=60))]
    assert [frame["item"]["cause"] for frame in frames] == ["late", "early"]
    assert [item["cause"] for item in (await page)["items"]] == ["late", "early"]


async def test_a_page_gives_up_on_a_transaction_that_does_not_end(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_reader, "_LONGEST_SECS", 0.0)
    job_id = await server.start_job("deploy")
    async with server.app[SERVICES].database.begin() as connection:
        await statement.execute(connection, LATE, (job_id, "late"))
        async with server.http.get(f"/api/jobs/{job_id}/history") as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "1")


async def test_a_stream_of_a_step_that_is_not_reached_yet_waits_for_it(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("chain")
    assert (await server.get(f"/api/jobs/{job_id}/history", step="second"))["items"] == []
    frames = asyncio.create_task(socket_frames(server, job_id, step="second"))
    while steps := (await traveller.ask())["steps"]:
        await traveller.ask(outcomes=[outcome(step) for step in steps], max_steps=0)
    assert [frame["item"]["status"] for frame in (await frames)[:-1]] == ["ready", "running", "completed"]


async def test_what_does_not_exist_is_not_found(server: Any) -> None:
    job_id = await server.start_job("deploy")
    for address in (f"/api/jobs/{NOBODY}/history", f"/api/jobs/{job_id}/history?step=nowhere"):
        for accept in ("application/json", "text/event-stream"):
            async with server.http.get(address, headers={"Accept": accept}) as response:
                assert response.status == 404
                assert (await response.json())["code"] == "not-found"
    for path, query in ((NOBODY, {}), (job_id, {"step": "nowhere"})):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await server.http.ws_connect(f"/api/jobs/{path}/history/stream", params=query)


async def test_streams_end_with_the_server(server: Any) -> None:
    job_id = await server.start_job("deploy")
    reader = asyncio.create_task(sent_events(server, job_id))
    await eventually(lambda: server.app[SERVICES].notifier.watched_jobs, "the stream is open")
    async with server.http.ws_connect(f"/api/jobs/{job_id}/history/stream") as socket:
        await server.runner.shutdown()
        kinds = [message.type async for message in socket]
    assert set(kinds) <= {aiohttp.WSMsgType.TEXT}
    assert all(frame["event"] == "history" for frame in await reader)


async def test_each_attempt_keeps_its_log(server: Any, traveller: Traveller) -> None:
    job_id = await server.start_job("deploy")
    (first,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(first, exit_code=1)], logs=[chunk(first, 0, "one", "two")], max_steps=0)
    (second,) = (await traveller.ask(wait_secs=30))["steps"]
    await traveller.ask(logs=[chunk(second, 0, "three")], max_steps=0)

    async def said(**query: int) -> list[str]:
        page = await server.get(f"/api/jobs/{job_id}/steps/deploy[0].test/logs", **query)
        return [orjson.loads(line)["line"] for line in page["logs"].splitlines()]

    assert await said() == ["one", "two", "three"]
    assert await said(attempt=1) == ["one", "two"]
    assert await said(attempt=1, tail=1) == ["two"]
    assert await said(attempt=1, limit=1) == ["one"]
    assert await said(attempt=2) == ["three"]
    assert await said(attempt=3) == []
