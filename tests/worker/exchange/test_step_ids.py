"""Ids of steps: they come with the claim, go with all that the worker sends, and separate steps of one name."""

import uuid
from typing import Any

import pytest

NAMES = ("deploy[3].test", "check~2", "..", "a.b", "ø?#%2F")
LARGE = "head -c 300000 /dev/zero | tr '\\0' 'x' | fold -w 1000; echo"


def sent(server: Any, key: str) -> list[dict[str, Any]]:
    """All items of a kind in the requests so far."""
    return [item for request in server.requests for item in request.get(key) or ()]


@pytest.mark.parametrize("name", [*NAMES, "x" * 200])
async def test_the_id_returns_with_outcome_and_lines(site: Any, server: Any, name: str) -> None:
    async with site.worker():
        key = server.offer('echo "$STROEM_STEP_NAME"; pwd', step_name=name, step_id=7)
        outcome = await server.outcome(key)
    assert (outcome["step_name"], outcome["step_id"], outcome["exit_code"]) == (name, 7, 0)
    shown, directory = server.lines(key)
    assert shown == name
    assert name not in directory
    assert {(chunk["step_name"], chunk["step_id"]) for chunk in sent(server, "logs")} == {(name, 7)}


@pytest.mark.parametrize("name", ["deploy[3].test", "check~2", "a.b", "ø?#%2F"])
async def test_the_id_goes_with_an_upload(site: Any, server: Any, name: str) -> None:
    queries: list[dict[str, Any]] = []

    def note(path: str, body: dict[str, Any]) -> None:
        if path == "log":
            queries.append(body)

    server.refuse = note
    async with site.worker():
        key = server.offer(LARGE, step_name=name, step_id=7)
        await server.outcome(key)
    assert len("".join(server.lines(key))) == 300_000
    assert {query["step_id"] for query in queries} == {"7"}


async def test_two_steps_of_one_name_are_two(site: Any, server: Any) -> None:
    job = str(uuid.uuid4())
    async with site.worker():
        one = server.offer("echo one", job_id=job, step_name="check", step_id=1)
        other = server.offer("echo other; exit 3", job_id=job, step_name="check", step_id=2)
        exits = [(await server.outcome(key))["exit_code"] for key in (one, other)]
    assert exits == [0, 3]
    assert (server.lines(one), server.lines(other)) == (["one"], ["other"])


async def test_a_step_that_is_handed_out_again_is_not_run_again(site: Any, server: Any) -> None:
    mark = site.directory.parent / "mark"
    async with site.worker():
        key = server.offer(f"echo run >> {mark}; echo up; sleep 60", step_name="check~2", step_id=5)
        await server.until(lambda: server.lines(key))
        server.offered.append({**server.leased[key], "step_name": "renamed"})
        await server.outcome(server.offer("true"))
    assert mark.read_text() == "run\n"


async def test_the_inventory_has_ids(site: Any, server: Any) -> None:
    answers = ["lost"]
    server.drop_answer = lambda body: bool(server.leased and answers and answers.pop())
    async with site.worker():
        server.offer("sleep 60", step_name="check~2", step_id=5)
        await server.until(lambda: sent(server, "holding"))
    assert {(item["step_name"], item["step_id"]) for item in sent(server, "holding")} == {("check~2", 5)}


@pytest.mark.parametrize("claimed_with", [None, 4])
@pytest.mark.parametrize("cancelled_with", [None, 4])
async def test_a_cancellation_finds_its_step(
    site: Any, server: Any, claimed_with: int | None, cancelled_with: int | None
) -> None:
    job = str(uuid.uuid4())
    claim = {"job_id": job, "step_name": "build"}
    async with site.worker():
        key = server.offer("echo up; sleep 60", **claim, **ids(claimed_with))
        other = server.offer("echo up; sleep 60", job_id=job, step_name="other", **ids(claimed_with and 5))
        await server.until(lambda: server.lines(key) and server.lines(other))
        server.cancels.append({**claim, "attempt": 1, **ids(cancelled_with)})
        server.release()
        outcome = await server.outcome(key)
        assert outcome["cancelled"] is True
        assert other not in server.outcomes


async def test_a_server_without_ids_gets_none(site: Any, server: Any) -> None:
    async with site.worker():
        await server.outcome(server.offer("echo hello"))
    assert not any("step_id" in item for item in (*sent(server, "outcomes"), *sent(server, "logs")))


def ids(step_id: int | None) -> dict[str, int]:
    return {} if step_id is None else {"step_id": step_id}
