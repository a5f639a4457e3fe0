"""Pauses of single steps, breakpoints, and pauses that reach child jobs."""

import uuid
from typing import Any

import pytest

from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.errors import BadRequest, Conflict, NotFound
from stroem.interfaces.nodes import Node, Slot
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.services import Services
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    job_of,
    new_release,
    pass_time,
    start,
    start_nodes,
    statuses,
    workspace,
)
from tests.orchestrator.flows import Flows, action, then
from tests.orchestrator.jobs.test_child_jobs import CHILD, call, children


async def history(services: Services, job_id: uuid.UUID) -> list[tuple[int, str, str | None]]:
    """Step, cause and detail of the pauses in the history."""
    async with services.database.read() as connection:
        rows = await fetch(
            connection,
            "SELECT step, cause, detail FROM history WHERE job_id = %s AND cause IN ('hold', 'release') ORDER BY id",
            (job_id,),
        )
    return [(row[0], row[1], row[2]) for row in rows]


async def test_a_ready_step_leaves_the_queue_and_comes_back(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"), action("b"))
    hold = await services.step_pauser.pause(job_id, "a", "ada")
    assert (hold.step, hold.by) == ("a", "ada")
    assert await services.step_pauser.pause(job_id, "a", "bob") == hold
    assert set(await worker.take()) == {"b"}
    await services.step_pauser.resume(job_id, "a", "ada")
    await services.step_pauser.resume(job_id, "a", "ada")
    assert set(await worker.take()) == {"a"}
    assert await history(services, job_id) == [
        (0, "hold", "Step 'a' is paused"),
        (0, "release", "Step 'a' is no longer paused"),
    ]


async def test_a_step_without_a_row_is_held_when_its_turn_comes(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a", edges=then(1)), action("b", entry=False))
    await services.step_pauser.pause(job_id, "b")
    assert not await worker.follow(done((await worker.take())["a"]))
    assert await statuses(services, job_id) == {"a": "completed", "b": "pending"}
    await services.step_pauser.resume(job_id, "b")
    assert set(await worker.take()) == {"b"}


async def test_a_pause_of_the_job_and_one_of_the_step_both_hold(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await services.step_pauser.pause(job_id, "a")
    await services.pauser.pause(job_id)
    await services.step_pauser.resume(job_id, "a")
    assert not await worker.take()
    await services.step_pauser.pause(job_id, "a")
    await services.pauser.resume(job_id)
    assert not await worker.take()
    await services.step_pauser.resume(job_id, "a")
    assert set(await worker.take()) == {"a"}


async def test_what_has_begun_cannot_be_paused(services: Services, worker: HandWorker, flows: Flows) -> None:
    hold = Node(name="hold", kind="wait", entry=True, input={"secs": 60})
    job_id = await start_nodes(services, flows, action("a"), hold, call(), children=CHILD)
    claim = (await worker.take())["a"]
    for step, reason in (("a", "is running"), ("hold", "has begun to wait"), ("call", "pause that job")):
        with pytest.raises(Conflict, match=reason):
            await services.step_pauser.pause(job_id, step)
    await worker.exchange(done(claim))
    with pytest.raises(Conflict, match="has ended"):
        await services.step_pauser.pause(job_id, "a")
    with pytest.raises(NotFound):
        await services.step_pauser.pause(job_id, "nothing")
    with pytest.raises(NotFound):
        await services.step_pauser.pause(uuid.uuid4(), "a")


def loop(**more: Any) -> tuple[Node, Node]:
    return (
        Node(name="each", kind="loop", entry=True, items=[1, 2, 3], output="list", **more),
        action("each", parent=0),
    )


async def test_a_paused_loop_starts_no_further_items(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, *loop(limit=1))
    first = (await worker.take())["each[0]"]
    await services.step_pauser.pause(job_id, "each")
    assert not await worker.follow(done(first))
    await services.step_pauser.resume(job_id, "each")
    second = (await worker.take())["each[1]"]
    await services.step_pauser.pause(job_id, "each[2]")
    assert not await worker.follow(done(second))
    await services.step_pauser.resume(job_id, "each[2]")
    await worker.exchange(done((await worker.take())["each[2]"]))
    assert (await job_of(services, job_id)).status == "completed"


async def test_steps_inside_a_paused_group_are_held(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(
        services,
        flows,
        Node(name="group", kind="block", entry=True),
        action("a", parent=0, edges=then(2)),
        action("b", parent=0, entry=False),
    )
    await services.step_pauser.pause(job_id, "group~.b")
    assert not await worker.follow(done((await worker.take())["group~.a"]))
    await services.step_pauser.pause(job_id, "group")
    await services.step_pauser.resume(job_id, "group~.b")
    assert not await worker.take()
    await services.step_pauser.resume(job_id, "group")
    assert set(await worker.take()) == {"group~.b"}


async def test_a_held_step_gives_its_slot_back(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a", slot=Slot(key="db")), action("b", slot=Slot(key="db")))
    await services.job_loop.run_once()
    await services.step_pauser.pause(job_id, "a")
    await services.job_loop.run_once()
    claim = (await worker.take())["b"]
    await services.step_pauser.resume(job_id, "a")
    await worker.exchange(done(claim))
    await services.job_loop.run_once()
    await worker.exchange(done((await worker.take())["a"]))
    assert (await job_of(services, job_id)).status == "completed"


async def test_a_next_attempt_is_held(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true", retry=Retry(max_attempts=1, delay=60))})
    job_id = await start(services, workspace(task))
    await worker.exchange(done((await worker.take())["a"], exit_code=1))
    await services.step_pauser.pause(job_id, "a")
    await pass_time(services)
    assert not await worker.take()
    await services.step_pauser.resume(job_id, "a")
    assert (await worker.take())["a"].attempt == 2


async def test_a_cancellation_ends_held_steps(services: Services, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a", edges=then(1)), action("b", entry=False))
    await services.step_pauser.pause(job_id, "a")
    await services.step_pauser.pause(job_id, "b")
    await services.canceller.cancel(job_id)
    job = await job_of(services, job_id)
    assert (job.status, job.holds) == ("cancelled", None)


async def test_a_breakpoint_holds_from_the_start(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true"), "b": Step(action="true", depends_on=("a",))})
    definitions, release = workspace(task), await new_release(services)

    def request(*steps: str) -> StartRequest:
        return StartRequest(
            task="t", definitions=definitions, release=release, raw_input={}, pause_before=steps, actor="ada"
        )

    job_id = (await services.starter.start(request("a", "b"))).job_id
    assert await history(services, job_id) == [(0, "hold", "Step 'a' is paused"), (0, "hold", "Step 'b' is paused")]
    assert not await worker.take()
    await services.step_pauser.resume(job_id, "a")
    assert not await worker.follow(done((await worker.take())["a"]))
    await services.step_pauser.resume(job_id, "b")
    await worker.exchange(done((await worker.take())["b"]))
    assert (await job_of(services, job_id)).status == "completed"
    with pytest.raises(BadRequest) as refused:
        await services.starter.start(request("aa", "b", "deploi"))
    assert [one.field for one in refused.value.fields] == ["pause_before[0]", "pause_before[2]"]
    assert "did you mean 'a'?" in str(refused.value)


async def test_child_jobs_are_paused_and_resumed_with_their_parent(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, call(), children=CHILD)
    (child,) = await children(services, job_id)
    await services.pauser.pause(job_id, "ada")
    await services.job_loop.run_once()
    assert (await job_of(services, child)).paused_at is not None
    assert not await worker.take()
    await services.pauser.resume(job_id, "ada")
    await services.job_loop.run_once()
    assert (await job_of(services, child)).paused_at is None
    assert set(await worker.take()) == {"say"}
    async with services.database.read() as connection:
        rows = await fetch(
            connection,
            """
            SELECT cause, actor FROM history
            WHERE job_id = %s AND step = 0 AND cause IN ('pause', 'resume') ORDER BY id
            """,
            (child,),
        )
    assert [tuple(row) for row in rows] == [("pause", "ada"), ("resume", "ada")]


async def test_a_paused_job_that_waits_for_its_retry_can_be_cancelled(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"a": Step(action="true")}, retry=Retry(max_attempts=1, delay=60))
    job_id = await start(services, workspace(task))
    await worker.exchange(done((await worker.take())["a"], exit_code=1))
    retry = (await job_of(services, job_id)).retry_job
    assert retry is not None
    await services.pauser.pause(retry, "ada")
    await services.canceller.cancel(retry)
    assert (await job_of(services, retry)).status == "cancelled"


async def test_in_a_local_job_another_step_goes_first(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a"), action("b"), action("c"), mode="local")
    await services.step_pauser.pause(job_id, "b")
    await services.step_pauser.pause(job_id, "a")
    claims = await worker.take()
    assert "c" in claims
    await services.step_pauser.resume(job_id, "a")
    await services.step_pauser.resume(job_id, "b")
    claims |= await worker.follow(done(claims["c"]))
    for name in ("a", "b"):
        await worker.exchange(done(claims[name]))
    assert (await job_of(services, job_id)).status == "completed"
