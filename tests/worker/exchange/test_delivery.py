"""The server goes away, refuses, loses answers: nothing that a step said is lost or kept twice."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from stroem import errors
from stroem.worker.worker import Worker
from tests.support.wait import eventually


def busy(site: Any) -> tuple[Any, str]:
    """A file that ends a step when it is there, and a script that waits for it."""
    gate = site.directory.parent / "gate"
    return gate, f"while [ ! -e {gate} ]; do sleep 0.01; done"


async def test_steps_go_on_while_the_server_is_away(site: Any, server: Any) -> None:
    gate, waiting = busy(site)
    over = [site.directory.parent / f"over-{number}" for number in range(3)]
    async with site.worker():
        keys = [
            server.offer(f"echo before; {waiting}; seq 1000; echo OUTPUT: {number}; touch {over[number]}")
            for number in range(3)
        ]
        await server.until(lambda: all(server.lines(key) == ["before"] for key in keys))
        await server.stop()
        gate.touch()
        await eventually(lambda: all(file.exists() for file in over), "the steps are over")
        await server.start()
        outcomes = [await server.outcome(key) for key in keys]
    assert [outcome["output"] for outcome in outcomes] == [0, 1, 2]
    for number, key in enumerate(keys):
        wanted = ["before", *map(str, range(1, 1001)), f"OUTPUT: {number}"]
        assert server.lines(key) == wanted
        assert server.lines_before_outcome[key] == len(wanted)


@pytest.mark.slow("large data or many rounds")
async def test_much_output_while_the_server_is_away_does_not_stop_the_step(site: Any, server: Any) -> None:
    gate, waiting = busy(site)
    over = site.directory.parent / "over"
    async with site.worker():
        key = server.offer(f"echo before; {waiting}; seq 200000; touch {over}")
        await server.until(lambda: server.lines(key) == ["before"])
        await server.stop()
        gate.touch()
        await eventually(over.exists, "the step is over")
        await server.start()
        await server.outcome(key)
    assert server.lines(key) == ["before", *map(str, range(1, 200_001))]
    assert list((site.directory / "tester" / "spool").iterdir()) == []


async def test_a_loud_step_loses_nothing(site: Any, server: Any) -> None:
    async with site.worker():
        key = server.offer("seq 100000 & seq 100000 >&2; wait; echo 'OUTPUT: \"end\"'")
        outcome = await server.outcome(key)
    assert outcome["output"] == "end"
    assert server.lines(key, "stdout") == [*map(str, range(1, 100_001)), 'OUTPUT: "end"']
    assert server.lines(key, "stderr") == [*map(str, range(1, 100_001))]
    assert server.lines_before_outcome[key] == 200_001


async def test_a_first_line_comes_at_once(site: Any, server: Any) -> None:
    gate, waiting = busy(site)
    async with site.worker():
        key = server.offer(f"echo now; {waiting}")
        await server.until(lambda: server.lines(key) == ["now"], 5)
        gate.touch()
        await server.outcome(key)


async def test_an_answer_that_was_lost_brings_its_step_again(site: Any, server: Any) -> None:
    lose = [True]
    server.drop_answer = lambda body: bool(server.leased and lose and lose.pop())
    async with site.worker():
        key = server.offer("echo once")
        await server.outcome(key)
    assert server.lines(key) == ["once"]
    assert any("holding" in request for request in server.requests)
    assert server.outcome_count == 1


async def test_a_step_handed_out_late_on_a_request_that_was_given_up_is_found_soon(site: Any, server: Any) -> None:
    """The server did not notice that nobody waits for the answer any more, and the worker has already counted."""
    lose = [True]
    server.drop_answer = lambda body: bool(lose and lose.pop())
    async with site.worker():
        await server.until(lambda: server.requests)
        server.release()
        await server.until(lambda: ["holding" in request for request in server.requests[-2:]] == [True, False])
        key = server.lease("echo late")
        async with asyncio.timeout(60):
            await server.outcome(key)
    assert server.lines(key) == ["late"]


async def test_outcomes_whose_answer_was_lost_are_sent_again(site: Any, server: Any) -> None:
    lose = [True] * 3
    server.drop_answer = lambda body: bool(body["outcomes"] and lose and lose.pop())
    async with site.worker():
        keys = [server.offer(f"echo {number}") for number in range(10)]
        for key in keys:
            await server.outcome(key)
        await server.outcome(server.offer("true"))
    assert not lose
    assert [server.lines(key) for key in keys] == [[str(number)] for number in range(10)]


async def test_chunks_whose_answer_was_lost_are_sent_again(site: Any, server: Any) -> None:
    fail = [500, 503, 429]
    server.refuse = lambda path, body: (
        web.json_response({"error": "later"}, status=fail.pop()) if path == "log" and fail else None
    )
    async with site.worker():
        key = server.offer("seq 100000")
        await server.outcome(key)
    assert not fail
    assert server.lines(key) == [*map(str, range(1, 100_001))]


async def test_one_bad_outcome_does_not_hold_up_the_others(site: Any, server: Any) -> None:
    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        bad = path == "claim" and any(outcome.get("output") == "poison" for outcome in body["outcomes"])
        return web.json_response({"error": "cannot be stored"}, status=400) if bad else None

    server.refuse = refuse
    async with site.worker(max_concurrent=8):
        good = [server.offer("echo 'OUTPUT: 1'") for _ in range(6)]
        bad = server.offer("echo 'OUTPUT: \"poison\"'")
        good += [server.offer("echo 'OUTPUT: 1'") for _ in range(6)]
        for key in good:
            assert (await server.outcome(key))["output"] == 1
        outcome = await server.outcome(bad)
    assert outcome["exit_code"] == -1
    assert outcome["error"] == "The server refused the outcome: cannot be stored (400)"


async def test_a_refusal_of_the_steps_asked_for_costs_no_news(site: Any, server: Any) -> None:
    """What was printed is not to blame when the server cannot hand out steps."""
    gate, waiting = busy(site)
    refusals: list[int] = []

    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        if path != "claim" or not body["max_steps"] or not (body["logs"] or body["outcomes"]):
            return None
        refusals.append(body["max_steps"])
        return web.json_response({"error": "a plan is missing"}, status=409)

    server.refuse = refuse
    async with site.worker():
        key = server.offer(f"echo before; {waiting}; echo 'OUTPUT: 1'")
        await server.until(lambda: server.lines(key) == ["before"])
        gate.touch()
        outcome = await server.outcome(key)
    assert refusals
    assert (outcome["exit_code"], outcome["output"]) == (0, 1)
    assert server.lines(key) == ["before", "OUTPUT: 1"]


async def test_one_outcome_that_breaks_the_server_does_not_hold_up_the_others(site: Any, server: Any) -> None:
    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        bad = path == "claim" and any(outcome.get("output") == "poison" for outcome in body["outcomes"])
        return web.json_response({"error": "Internal server error"}, status=500) if bad else None

    server.refuse = refuse
    async with site.worker(max_concurrent=8):
        bad = server.offer("echo 'OUTPUT: \"poison\"'")
        good = [server.offer("echo 'OUTPUT: 1'") for _ in range(6)]
        for key in good:
            await server.outcome(key)
        server.refuse = lambda path, body: None
        assert (await server.outcome(bad))["output"] == "poison"


async def test_lines_that_the_server_will_not_have_leave_a_notice(site: Any, server: Any) -> None:
    refused: list[str] = []

    def refuse(path: str, body: dict[str, Any]) -> web.Response | None:
        if path == "log" and len(body["data"]) > 1000 and not refused:
            refused.append(body["chunk"])
            return web.json_response({"error": "too large"}, status=413)
        return None

    server.refuse = refuse
    async with site.worker():
        key = server.offer("seq 100000")
        await server.outcome(key)
    notices = [line for line in server.lines(key) if "lines are missing here" in line]
    assert notices[0].endswith("the server refused them: too large (413)")
    assert len(notices) == 1


async def test_what_is_kept_is_delivered_before_a_drained_worker_ends(site: Any, server: Any) -> None:
    gate, waiting = busy(site)
    worker = Worker(site.settings(), site.registry)
    running = asyncio.create_task(worker.run())
    over = site.directory.parent / "over"
    key = server.offer(f"echo before; {waiting}; seq 50000; touch {over}")
    await server.until(lambda: server.lines(key) == ["before"])
    await server.stop()
    worker.drain()
    gate.touch()
    await eventually(over.exists, "the step is over")
    await server.start()
    await asyncio.wait_for(running, 60)
    assert server.outcomes[key]["exit_code"] == 0
    assert len(server.lines(key)) == 50_001


async def test_a_step_that_was_on_its_way_to_a_worker_that_drains_is_run(site: Any, server: Any) -> None:
    last = asyncio.Event()

    async def hold_back(body: dict[str, Any]) -> None:
        if body["max_steps"]:
            await last.wait()

    server.before_answer = hold_back
    worker = Worker(site.settings(), site.registry)
    running = asyncio.create_task(worker.run())
    await server.until(lambda: server.requests)
    worker.drain()
    await server.until(lambda: server.requests[-1]["max_steps"] == 0)
    key = server.offer("echo taken")
    last.set()
    await asyncio.wait_for(running, 60)
    assert server.outcomes[key]["exit_code"] == 0
    assert server.lines(key) == ["taken"]


async def test_an_idle_worker_without_a_server_drains_at_once(site: Any, server: Any) -> None:
    worker = Worker(site.settings(), site.registry)
    running = asyncio.create_task(worker.run())
    await server.until(lambda: server.requests)
    await server.stop()
    worker.drain()
    await asyncio.wait_for(running, 60)


async def test_a_token_that_is_no_longer_good_ends_the_worker(site: Any, server: Any) -> None:
    running = asyncio.create_task(Worker(site.settings(), site.registry).run())
    await server.outcome(server.offer("true"))
    server.refuse = lambda path, body: web.json_response({"error": "Invalid worker token"}, status=401)
    server.offer("true")
    with pytest.raises(errors.WorkerRefused, match="Invalid worker token"):
        await asyncio.wait_for(running, 60)
