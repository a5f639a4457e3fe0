"""Begun steps of local jobs: what the server takes, lets wait and refuses afterwards."""

import asyncio
import datetime
import uuid
from typing import Any

import pytest

from stroem.server.keys import RECONCILER, SERVICES
from stroem.store import statement
from tests.orchestrator.jobs.test_split_recorder import poison
from tests.server.conftest import Running
from tests.server.traveller import Traveller, chunk, outcome
from tests.support.wait import eventually

HOLD_SECS = 30
NOW = datetime.datetime.now(datetime.UTC)
WORKFLOWS = """
actions:
  say: {type: script, script: "say {{ input.text }}", input: {text: {type: string, default: hi}}}
  hold: {type: wait, for: 1h}
tasks:
  chain:
    mode: local
    flow:
      a: {action: say}
      b: {action: say, depends_on: [a], input: {text: "{{ a.output.text }}"}}
      c: {action: say, depends_on: [b], timeout: 60}
    finally: {clean: {action: say}}
  loop: {mode: local, flow: {all: {action: say, for_each: [1, 2], max_concurrency: 1}}}
  again: {mode: local, flow: {a: {action: say, retry: {max_attempts: 1, delay: 1h}}, b: {action: say, depends_on: [a]}}}
  single: {mode: local, flow: {a: {action: say}}}
  held: {mode: local, flow: {a: {action: say}, pause: {action: hold, depends_on: [a]}}}
  odd: {mode: local, flow: {a: {action: say}, b: {action: say, depends_on: [a], input: {text: "{{ throw('no') }}"}}}}
  apart: {flow: {a: {action: say}, b: {action: say, depends_on: [a]}}}
"""


@pytest.fixture(autouse=True)
async def workflows(server: Running) -> None:
    (server.folder / ".workflows" / "local.yaml").write_text(WORKFLOWS)
    assert (await server.app[RECONCILER].pipeline.reconcile("main")).error is None


def begun(job_id: str, name: str, attempt: int = 1, at: datetime.datetime = NOW, **more: Any) -> dict[str, Any]:
    return {"job_id": job_id, "step_name": name, "attempt": attempt, "begun_at": at.isoformat(), **more}


async def first_of(traveller: Traveller, task: str) -> Any:
    """The claim of the first step of a new job."""
    job_id = await traveller.server.start_job(task)
    (first,) = (await traveller.ask(max_steps=1))["steps"]
    assert first["job_id"] == job_id
    return first


async def steps_of(traveller: Traveller, job_id: str) -> dict[str, Any]:
    job = await traveller.server.get(f"/api/jobs/{job_id}")
    return {one["step_name"]: one for one in job["steps"]}


async def drive(traveller: Traveller) -> None:
    """Runs the loop of due jobs once."""
    await traveller.server.app[SERVICES].job_loop.run_once()


async def make_due(traveller: Traveller, job_id: str) -> None:
    """Makes the retries of a job due, and runs the loop of due jobs once."""
    services = traveller.server.app[SERVICES]
    async with services.database.begin() as connection:
        sql = "UPDATE steps SET due_at = now() WHERE job_id = %s AND due_at IS NOT NULL"
        await statement.execute(connection, sql, (job_id,))
    await services.job_loop.run_once()


async def verdicts(traveller: Traveller, *items: dict[str, Any], **more: Any) -> list[tuple[str, str | None]]:
    """The verdicts and reasons on begun steps. The request hands out nothing else."""
    answer = await traveller.ask(begun=items, **more)
    assert answer["steps"] == []
    assert [(one["job_id"], one["step_name"], one["attempt"]) for one in answer["begun"]] == [
        (one["job_id"], one["step_name"], one["attempt"]) for one in items
    ]
    return [(one["verdict"], one.get("reason")) for one in answer["begun"]]


async def test_a_chain_that_went_on_by_itself_is_told_step_by_step(server: Running, traveller: Traveller) -> None:
    a = await first_of(traveller, "chain")
    job_id = a["job_id"]
    b, c = begun(job_id, "b", step_id=2), begun(job_id, "c", step_id=3)
    answer = await traveller.ask(begun=[b, c], outcomes=[outcome(a, output={"text": "hey"})], holding=[])
    assert [one["verdict"] for one in answer["begun"]] == ["taken", "waiting"]
    assert (answer["steps"], answer["begun"][0]["step_id"]) == ([], 2)
    step = (await steps_of(traveller, job_id))["b"]
    assert (step["status"], step["worker_id"], step["input"]) == ("running", traveller.worker_id, {"text": "hey"})
    answer = await traveller.ask(begun=[c], outcomes=[outcome(b)], logs=[chunk(b, 0, "one", "two")], holding=[])
    assert ([one["verdict"] for one in answer["begun"]], answer["steps"], answer["cancel"]) == (["taken"], [], [])
    (clean,) = (await traveller.ask(outcomes=[outcome(c)]))["steps"]
    assert clean["step_name"] == "clean"
    await traveller.ask(outcomes=[outcome(clean)])
    job = await server.get(f"/api/jobs/{job_id}")
    assert job["status"] == "completed"
    log = (await server.get(f"/api/jobs/{job_id}/steps/b/logs"))["logs"]
    assert log.count("\n") == 2
    history = (await server.get(f"/api/jobs/{job_id}/history"))["items"]
    told = [(one["status"], one["cause"]) for one in history if one["step_name"] == "b"]
    assert ("running", "claim") in told


async def test_a_begun_step_that_is_told_again_is_taken_again(traveller: Traveller) -> None:
    a = await first_of(traveller, "chain")
    b = begun(a["job_id"], "b")
    for _ in range(3):
        assert await verdicts(traveller, b, outcomes=[outcome(a, output={"text": "x"})]) == [("taken", None)]
    assert (await steps_of(traveller, a["job_id"]))["b"]["status"] == "running"
    await traveller.ask(outcomes=[outcome(b)])
    assert await verdicts(traveller, b, max_steps=0) == [("refused", "The step has ended: completed")]


async def test_an_iteration_is_taken_by_its_path(traveller: Traveller) -> None:
    first = await first_of(traveller, "loop")
    assert first["step_name"] == "all[0]"
    second, third = begun(first["job_id"], "all[1]"), begun(first["job_id"], "all[2]")
    found = await verdicts(traveller, second, third, outcomes=[outcome(first)])
    assert found == [("taken", None), ("waiting", None)]


async def test_the_job_has_its_worker_as_soon_as_its_first_step_runs(server: Running, traveller: Traveller) -> None:
    a = await first_of(traveller, "chain")
    assert await verdicts(traveller, begun(a["job_id"], "b")) == [("waiting", None)]
    job = await server.get(f"/api/jobs/{a['job_id']}")
    assert job["status"] == "running"


@pytest.mark.parametrize("at", [NOW - datetime.timedelta(days=1), NOW + datetime.timedelta(days=1)])
async def test_a_step_began_neither_before_it_was_ready_nor_in_the_future(
    traveller: Traveller, at: datetime.datetime
) -> None:
    a = await first_of(traveller, "chain")
    before = datetime.datetime.now(datetime.UTC)
    b = begun(a["job_id"], "b", at=at)
    assert await verdicts(traveller, b, outcomes=[outcome(a, output={"text": "x"})]) == [("taken", None)]
    c = begun(a["job_id"], "c", at=at)
    assert await verdicts(traveller, c, outcomes=[outcome(b)]) == [("taken", None)]
    after = datetime.datetime.now(datetime.UTC)
    began = datetime.datetime.fromisoformat((await steps_of(traveller, a["job_id"]))["c"]["started_at"])
    assert before <= began <= after
    await drive(traveller)
    assert (await steps_of(traveller, a["job_id"]))["c"]["status"] == "running"


async def test_a_second_attempt_waits_until_its_retry_is_due(traveller: Traveller) -> None:
    a = await first_of(traveller, "again")
    second = begun(a["job_id"], "a", 2)
    assert await verdicts(traveller, second, outcomes=[outcome(a, exit_code=1)]) == [("waiting", None)]
    assert await verdicts(traveller, begun(a["job_id"], "a", 1)) == [("refused", "The step has had attempt 1")]
    await make_due(traveller, a["job_id"])
    assert await verdicts(traveller, second) == [("taken", None)]
    assert (await steps_of(traveller, a["job_id"]))["a"]["status"] == "running"
    await traveller.ask(max_steps=0, outcomes=[outcome(second)])
    assert (await steps_of(traveller, a["job_id"]))["a"]["status"] == "completed"


async def test_a_step_that_becomes_ready_while_it_waits_is_taken_and_not_handed_out(
    server: Running, traveller: Traveller
) -> None:
    a = await first_of(traveller, "again")
    second = begun(a["job_id"], "a", 2)
    assert await verdicts(traveller, second, outcomes=[outcome(a, exit_code=1)]) == [("waiting", None)]
    asking = asyncio.create_task(traveller.ask(begun=[second], wait_secs=HOLD_SECS))
    polling = server.app[SERVICES].notifier
    await eventually(lambda: uuid.UUID(traveller.worker_id) in polling.polling_workers, "a request is held")
    await make_due(traveller, a["job_id"])
    answer = await asking
    assert ([one["verdict"] for one in answer["begun"]], answer["steps"]) == (["taken"], [])


async def test_a_held_request_from_before_the_outage_may_have_claimed_it(traveller: Traveller) -> None:
    a = await first_of(traveller, "again")
    await traveller.ask(max_steps=0, outcomes=[outcome(a, exit_code=1)])
    await make_due(traveller, a["job_id"])
    (second,) = (await traveller.ask(holding=[]))["steps"]
    assert (second["step_name"], second["attempt"]) == ("a", 2)
    assert await verdicts(traveller, begun(a["job_id"], "a", 2), holding=[]) == [("taken", None)]


async def test_steps_of_a_paused_job_wait(server: Running, traveller: Traveller) -> None:
    a = await first_of(traveller, "chain")
    async with server.http.post(f"/api/jobs/{a['job_id']}/pause") as response:
        assert response.status == 200
    b = begun(a["job_id"], "b")
    assert await verdicts(traveller, b, outcomes=[outcome(a, output={"text": "x"})]) == [("waiting", None)]
    async with server.http.post(f"/api/jobs/{a['job_id']}/resume") as response:
        assert response.status == 200
    assert await verdicts(traveller, b) == [("taken", None)]


async def test_the_reasons_of_refusals(server: Running, traveller: Traveller) -> None:
    apart = await first_of(traveller, "apart")
    held = await first_of(traveller, "held")
    await traveller.ask(max_steps=0, outcomes=[outcome(held)])
    ended = await first_of(traveller, "single")
    await traveller.ask(max_steps=0, outcomes=[outcome(ended)])
    found = await verdicts(
        traveller,
        begun(str(uuid.uuid4()), "a"),
        begun(apart["job_id"], "b"),
        begun(held["job_id"], "nothing"),
        begun(held["job_id"], "_server"),
        begun(held["job_id"], "pause"),
        begun(held["job_id"], "a[0]"),
        begun(held["job_id"], "a"),
        begun(ended["job_id"], "a", 2),
        max_steps=0,
    )
    assert found == [
        ("refused", "The job is unknown"),
        ("refused", "The job does not stay on this worker"),
        ("refused", "The job has no such step"),
        ("refused", "The job has no such step"),
        ("refused", "The step does not run on workers"),
        ("refused", "The job has no such step"),
        ("refused", "The step has ended: completed"),
        ("refused", "The job has ended: completed"),
    ]


async def test_another_worker_takes_nothing_of_a_job_that_does_not_stay_on_it(
    server: Running, traveller: Traveller
) -> None:
    a = await first_of(traveller, "chain")
    registered = await server.ask_worker_api("register", {"name": "other", "capabilities": ["script"], "tags": []})
    other = Traveller(server=server, worker_id=registered["worker_id"])
    await traveller.ask(max_steps=0, outcomes=[outcome(a, output={"text": "x"})])
    assert await verdicts(other, begun(a["job_id"], "b")) == [("refused", "The job does not stay on this worker")]
    assert (await steps_of(traveller, a["job_id"]))["b"]["status"] == "ready"


async def test_a_cancelled_job_takes_its_cleanup_alone(server: Running, traveller: Traveller) -> None:
    a = await first_of(traveller, "chain")
    async with server.http.post(f"/api/jobs/{a['job_id']}/cancel") as response:
        assert response.status == 200
    b, clean = begun(a["job_id"], "b"), begun(a["job_id"], "clean")
    found = await verdicts(traveller, b, clean)
    assert [verdict for verdict, _ in found] == ["refused", "waiting"]
    assert found[0][1]
    assert await verdicts(traveller, clean, outcomes=[outcome(a, cancelled=True)]) == [("taken", None)]


@pytest.mark.parametrize("round_", range(5))
async def test_a_cancellation_beside_a_begun_step_ends_it_or_refuses_it(
    server: Running, traveller: Traveller, round_: int
) -> None:
    a = await first_of(traveller, "chain")
    b = begun(a["job_id"], "b")

    async def cancel() -> None:
        async with server.http.post(f"/api/jobs/{a['job_id']}/cancel") as response:
            assert response.status == 200

    asked = traveller.ask(begun=[b], outcomes=[outcome(a, output={"text": "x"})], max_steps=0)
    answer, _ = await asyncio.gather(asked, cancel())
    (verdict,) = answer["begun"]
    if verdict["verdict"] == "taken":
        cancelled = (await traveller.ask(max_steps=0, holding=[]))["cancel"]
        assert [one["step_name"] for one in cancelled] == ["b"]
    else:
        assert verdict["verdict"] == "refused"
    await traveller.ask(max_steps=0, outcomes=[outcome(b, cancelled=True)])
    (clean,) = (await traveller.ask())["steps"]
    await traveller.ask(outcomes=[outcome(clean)])
    assert (await server.get(f"/api/jobs/{a['job_id']}"))["status"] == "cancelled"


async def test_a_begun_step_with_a_template_that_fails_ends(server: Running, traveller: Traveller) -> None:
    a = await first_of(traveller, "odd")
    b = begun(a["job_id"], "b")
    await traveller.ask(begun=[b], outcomes=[outcome(a, output={"text": "x"})])
    step = (await steps_of(traveller, a["job_id"]))["b"]
    assert (step["status"], step["error_kind"]) == ("failed", "template")


async def test_a_begun_step_that_cannot_be_taken_is_refused_alone(server: Running, traveller: Traveller) -> None:
    bad, good = await first_of(traveller, "chain"), await first_of(traveller, "chain")
    await traveller.ask(max_steps=0, outcomes=[outcome(one, output={"text": "x"}) for one in (bad, good)])
    condition = f"NEW.job_id = '{bad['job_id']}' AND NEW.status = 'running'"
    await poison(server.app[SERVICES], "steps", condition)
    items = [begun(bad["job_id"], "b"), begun(good["job_id"], "b")]
    answer = await traveller.ask(begun=items, max_steps=0)
    assert [one["verdict"] for one in answer["begun"]] == ["refused", "taken"]
    assert answer["begun"][0]["reason"] == "The step could not be taken: this row is cursed"
    assert (await steps_of(traveller, good["job_id"]))["b"]["status"] == "running"
