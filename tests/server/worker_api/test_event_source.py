"""Events over HTTP: the plain contract, batches, and what older workers get with a claim."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stroem.cli.main import stroem
from stroem.protocol.events import EVENT_BYTES
from stroem.server.keys import SERVICES
from tests.support.wait import eventually
from tests.support.workspace_files import write_workspace

WORKFLOWS = """
secrets: {token: t0ken-of-the-queue}
actions:
  listen: {type: script, script: listen}
  show: {type: script, script: "echo {{ input.n }}", input: {n: {type: integer}}}
tasks:
  listen: {flow: {listen: {action: listen}}}
  handle:
    input: {n: {type: integer, required: true}, who: {type: string}}
    flow: {show: {action: show, input: {n: "{{ input.n }}"}}}
triggers:
  orders:
    type: event_source
    task: listen
    target_task: handle
    env: {TOKEN: "{{ secret.token }}"}
    max_in_flight: 2
    input: {who: somebody}
"""
EMISSION = {"workspace": "main", "task": "handle", "source_id": "main/orders"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with an event source."""
    return write_workspace(tmp_path / "workspace", WORKFLOWS)


async def emit(server: Any, **fields: Any) -> tuple[int, Any]:
    """The status and the body of the answer to an event."""
    async with server.worker.post("/worker/event-source/emit", json={**EMISSION, **fields}) as response:
        return response.status, await response.json()


async def consumer_claim(plain_worker: Any) -> Any:
    """The claim of the consumer's step, once its server has started it."""

    async def claimed() -> Any:
        claim = await plain_worker.claim()
        return claim if claim["job_id"] else None

    return await eventually(claimed)


async def test_an_older_worker_gets_the_configuration_with_its_claim(server: Any, plain_worker: Any) -> None:
    claim = await consumer_claim(plain_worker)
    config = claim["event_source_config"]
    assert config.pop("batch_events") == 100
    assert config == {
        "target_task": "handle",
        "source_id": "main/orders",
        "input_defaults": {},
        "max_in_flight": 2,
        "env": {"TOKEN": "t0ken-of-the-queue"},
        "backoff_secs": 5,
        "consecutive_failures": 0,
    }
    detail = await server.get(f"/api/jobs/{claim['job_id']}")
    assert (detail["source_type"], detail["source_id"]) == ("event_source", "main/orders")


async def test_an_event_of_the_plain_contract_starts_a_job(server: Any) -> None:
    status, body = await emit(server, input={"n": 1})
    assert status == 200
    assert body.keys() == {"job_id"}
    detail = await server.get(f"/api/jobs/{body['job_id']}")
    assert detail["input"] == {"n": 1, "who": "somebody"}
    assert (detail["source_type"], detail["source_id"]) == ("event_source", "main/orders")
    again, _ = await emit(server, input={"n": 1})
    assert again == 200
    assert (await server.get("/api/jobs", task_name="handle", workspace="main"))["total"] == 2


async def test_an_event_with_an_id_starts_one_job(server: Any) -> None:
    _, first = await emit(server, input={"n": 1}, event_id="x")
    assert await emit(server, input={"n": 1}, event_id="x") == (200, {**first, "duplicate": True})


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        ({"source_id": "orders"}, 400, "source_id 'orders' is not of the form workspace/trigger"),
        ({"source_id": "main/none"}, 400, "'main/none' is no enabled event source of task 'handle'"),
        ({"task": "listen"}, 400, "'main/orders' is no enabled event source of task 'listen'"),
        ({"source_id": "none/orders"}, 404, "Workspace 'none' not found."),
        ({"input": [1]}, 400, "`input` must be an object"),
        ({"input": {"x": "x" * EVENT_BYTES}}, 413, "The request body is larger than 262144 bytes."),
    ],
)
async def test_faulty_events_of_the_plain_contract(
    server: Any, fields: dict[str, Any], status: int, message: str
) -> None:
    found, body = await emit(server, **fields)
    assert (found, body["error"]) == (status, message)


async def test_only_workers_may_send_events(server: Any) -> None:
    for form in ("emit", "events"):
        async with server.http.post(f"/worker/event-source/{form}", json={}) as response:
            assert response.status == 401


async def test_an_event_over_the_limit_of_live_jobs_is_held_and_then_refused(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taker = server.app[SERVICES].triggers.consumers.taker
    for number in range(2):
        assert (await emit(server, input={"n": number}))[0] == 200
    held = taker.emit
    monkeypatch.setattr(type(taker), "emit", lambda _, emission: held(emission, 0.05))
    async with server.worker.post("/worker/event-source/emit", json={**EMISSION, "input": {"n": 3}}) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "5"


async def test_a_batch_is_settled_as_far_as_there_is_room(server: Any) -> None:
    events = [{"number": number, "id": str(number), "data": {"n": number}} for number in range(3)]
    writer = {"job_id": "00000000-0000-0000-0000-000000000001", "step_id": 1, "step_name": "s", "attempt": 1}
    body = {"source_id": "main/orders", "writer": writer, "events": events, "waiting": 4}
    answer = await server.ask_worker_api("event-source/events", body)
    assert answer == {"settled": 2, "room": 0, "problems": []}
    many = {**body, "events": [{"number": number} for number in range(101)]}
    async with server.worker.post("/worker/event-source/events", json=many) as response:
        assert response.status == 400


async def test_dead_letters_are_listed_retried_and_dropped(server: Any) -> None:
    status, body = await emit(server, input={"n": "many"}, event_id="bad")
    assert status == 400
    assert body["error"].startswith("The event is among the dead letters: The input is not valid: input.n")
    path = "/api/workspaces/main/triggers/orders"
    found = await server.get(f"{path}/dead-letters")
    (letter,) = found["items"]
    assert found["total"] == 1
    assert (letter["key"], letter["data"], letter["retries"]) == ("bad", {"n": "many"}, 0)
    async with server.http.post(f"{path}/dead-letters/retry", json={"by": "ada"}) as response:
        retried = await response.json()
    assert (retried["settled"], retried["failed"]) == (0, 1)
    assert (await server.get(path))["consumer"]["dead_letters"] == 1
    async with server.http.post(f"{path}/dead-letters/drop", json={"ids": [letter["id"]]}) as response:
        assert await response.json() == {"dropped": 1}
    async with server.http.get("/api/workspaces/main/triggers/none/dead-letters") as response:
        assert response.status == 404


async def test_dead_letters_are_reached_by_name_after_the_removal_of_their_trigger(server: Any, folder: Path) -> None:
    await emit(server, input={"n": "many"}, event_id="bad")
    path = "/api/workspaces/main/triggers/orders"

    async def is_told_alike() -> bool:
        (listed,) = await server.get("/api/workspaces/main/triggers")
        assert listed["problem"].endswith("1 dead letter")
        return (await server.get(path))["trigger"]["problem"] == listed["problem"]

    await eventually(is_told_alike)
    (folder / ".workflows" / "main.yaml").write_text(
        WORKFLOWS.split("  orders:")[0] + "  nightly: {type: scheduler, task: listen, cron: '0 3 * * *'}\n"
    )

    async def is_removed() -> bool:
        return [one["name"] for one in await server.get("/api/workspaces/main/triggers")] == ["nightly"]

    await eventually(is_removed)
    (letter,) = (await server.get(f"{path}/dead-letters"))["items"]
    async with server.http.post(f"{path}/dead-letters/retry", json={}) as response:
        assert (await response.json())["reasons"] == {"its trigger was removed; add it again, or drop the event": 1}
    for verb in ("retry", "drop"):
        async with server.http.post(f"{path}/dead-letters/{verb}", json={"ids": [letter["id"], 99]}) as response:
            assert response.status == 404
            message = "Dead letter '99' not found. Nothing was changed of trigger 'orders'."
            assert (await response.json())["error"] == message
    async with server.http.post(f"{path}/dead-letters/drop", json={"ids": [letter["id"]]}) as response:
        assert await response.json() == {"dropped": 1}
    async with server.http.get(f"{path}/dead-letters") as response:
        assert response.status == 404
    async with server.http.get(path.replace("orders", "nightly") + "/dead-letters") as response:
        assert response.status == 400
        message = "Trigger 'nightly' is of type scheduler; only event sources have dead letters"
        assert (await response.json())["error"] == message


async def test_the_commands_show_the_consumer_and_its_dead_letters(server: Any, plain_worker: Any) -> None:
    await consumer_claim(plain_worker)
    await emit(server, input={"n": "many"}, event_id="bad")

    async def stroem_trigger(*arguments: str) -> Any:
        command = ["trigger", *arguments, "--server", server.url]
        return await asyncio.to_thread(CliRunner().invoke, stroem, command)

    shown = await stroem_trigger("show", "orders")
    assert re.search("consumer +running since", shown.output), shown.output
    assert re.search("dead letters +1", shown.output)
    assert re.search("task +listen\n +target_task +handle\n +state +problem: .*1 dead letter\n", shown.output)
    assert shown.output.count("target_task") == 1
    _, started = await emit(server, input={"n": 1}, event_id="order-17")
    async with server.http.get("/api/jobs", params={"source_type": "job_outcome"}) as response:
        assert response.status == 400
        assert "jobs of triggers of type job_outcome have 'trigger'" in (await response.json())["error"]
    assert re.search("started .*order-17\n", (await stroem_trigger("show", "orders")).output)
    told = await asyncio.to_thread(CliRunner().invoke, stroem, ["status", started["job_id"], "--server", server.url])
    assert "  started by main/orders (event_source)\n" in told.output
    listed = await stroem_trigger("dead-letters", "orders")
    assert '{"n": "many"}' in listed.output
    retried = await stroem_trigger("dead-letters", "orders", "retry", "--all")
    assert retried.exit_code == 1
    assert "0 events fired again.\n1 event failed again: The input is not valid" in retried.output
    assert (await stroem_trigger("dead-letters", "orders", "drop")).exit_code == 2
    assert (await stroem_trigger("dead-letters", "orders", "drop", "--all")).output == "1 event dropped.\n"
    assert "No dead letters." in (await stroem_trigger("dead-letters", "orders")).output


async def test_a_stopped_consumer_is_resumed_like_a_paused_trigger(server: Any, plain_worker: Any) -> None:
    claim = await consumer_claim(plain_worker)
    path = "/api/workspaces/main/triggers/orders"
    async with server.http.post(f"/api/jobs/{claim['job_id']}/cancel") as response:
        assert response.status == 200
    await plain_worker.complete(claim, exit_code=-1, error="Job cancelled")

    async def state() -> str:
        return str((await server.get(path))["consumer"]["state"])

    async def is_stopped() -> bool:
        return await state() == "stopped"

    async def runs() -> bool:
        return await state() == "running"

    await eventually(is_stopped)
    async with server.http.post(f"{path}/resume", json={}) as response:
        assert response.status == 200
    await eventually(runs)
    async with server.http.post(f"{path}/resume", json={}) as response:
        assert response.status == 409
