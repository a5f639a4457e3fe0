"""Steps that start jobs of other tasks."""

import uuid
from typing import Any

import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.engine import starts
from stroem.interfaces.nodes import Node, RetryPolicy
from stroem.orchestrator.jobs import decisions
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.store.statement import fetch
from tests.orchestrator.conftest import HandWorker, done, errors_of, job_of, pass_time, start_nodes, statuses
from tests.orchestrator.flows import Flows, action, then

CHILD = Definitions(
    tasks={
        "child": Task(
            input={"word": InputField(required=True)},
            flow={"say": Step(action="echo", input={"text": "{{ input.word }}"})},
        )
    }
)


def call(**more: Any) -> Node:
    return Node(**{"name": "call", "kind": "task", "entry": True, "task": "child", "input": {"word": "hi"}, **more})


async def children(services: Services, job_id: uuid.UUID) -> list[uuid.UUID]:
    async with services.database.read() as connection:
        rows = await fetch(connection, "SELECT id FROM jobs WHERE parent_job = %s ORDER BY created_at", (job_id,))
    return [row[0] for row in rows]


async def test_the_output_of_a_child_job_is_that_of_its_step(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        call(input={"word": "{{ input.word }}"}, edges=then(1)),
        action("next", entry=False, action="echo", input={"text": "{{ call.output.say.n }}"}),
        children=CHILD,
        raw_input={"word": "hello"},
    )
    (child,) = await children(services, job_id)
    claims = await worker.take()
    assert {name: (claim.job_id, action_of(claim).script) for name, claim in claims.items()} == {
        "say": (child, "echo hello")
    }
    assert not await worker.follow(done(claims["say"], {"n": 7}))
    assert (await job_of(services, child)).status == "completed"
    await services.job_loop.run_once()
    last = (await worker.take())["next"]
    assert action_of(last).script == "echo 7"
    await worker.exchange(done(last))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("completed", None)
    row = await job_of(services, child)
    assert (row.source_type, row.parent_job, row.root_job, row.depth) == ("task", job_id, job_id, 1)
    assert row.release_id == job.release_id


async def test_the_end_of_a_child_job_wakes_the_job_loop(services: Services, worker: HandWorker, flows: Flows) -> None:
    await start_nodes(services, flows, call(), children=CHILD)
    claims = await worker.take()
    services.job_loop.woken.clear()
    await worker.exchange(done(claims["say"]))
    assert services.job_loop.woken.is_set()


async def test_a_failing_child_job_fails_its_step(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, call(edges=then(1)), action("next", entry=False), children=CHILD)
    await worker.exchange(done((await worker.take())["say"], exit_code=1))
    await services.job_loop.run_once()
    assert await statuses(services, job_id) == {"call": "failed", "next": "skipped"}
    assert (await job_of(services, job_id)).status == "failed"


async def test_a_failing_child_job_is_tried_again(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, call(retry=RetryPolicy(attempts=2, delay=60)), children=CHILD)
    await worker.exchange(done((await worker.take())["say"], exit_code=1))
    await services.job_loop.run_once()
    assert await statuses(services, job_id) == {"call": "pending"}
    await pass_time(services)
    claim = (await worker.take())["say"]
    first, second = await children(services, job_id)
    assert claim.job_id == second
    await worker.exchange(done(claim))
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "completed"
    assert (await job_of(services, first)).status == "failed"


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (call(input={}), "word"),
        (call(task="unknown"), "Task 'unknown'"),
        (call(input={"word": "{{ 1 / 0 }}"}), "Template"),
    ],
)
async def test_a_child_job_that_cannot_start_fails_its_step(
    services: Services, worker: HandWorker, flows: Flows, node: Node, reason: str
) -> None:
    job_id = await start_nodes(services, flows, node, children=CHILD)
    assert await children(services, job_id) == []
    assert await statuses(services, job_id) == {"call": "failed"}
    assert (await job_of(services, job_id)).status == "failed"
    assert reason in str(await errors_of(services, job_id))


async def test_a_child_job_is_cancelled_with_its_parent(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, call(), children=CHILD)
    (child,) = await children(services, job_id)
    claim = (await worker.take())["say"]
    await services.canceller.cancel(job_id, "enough")
    assert (await job_of(services, job_id)).status == "running"
    await services.job_loop.run_once()
    assert await services.inventory.cancellations(worker.id) == (claim.step,)
    await worker.exchange(done(claim, exit_code=-15))
    assert (await job_of(services, child)).status == "cancelled"
    assert (await job_of(services, child)).cancel_reason == "enough"
    await services.job_loop.run_once()
    assert await statuses(services, job_id) == {"call": "cancelled"}
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "enough")


async def test_a_child_job_that_is_cancelled_alone_cancels_its_step(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, call(edges=then(1)), action("next", entry=False), children=CHILD)
    (child,) = await children(services, job_id)
    await services.canceller.cancel(child, "by hand")
    await services.job_loop.run_once()
    assert (await statuses(services, job_id))["call"] == "cancelled"
    assert (await statuses(services, job_id))["next"] == "skipped"
    assert (await job_of(services, job_id)).status == "failed"


async def test_a_step_past_its_timeout_cancels_its_child_job(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, call(timeout=5), children=CHILD)
    (child,) = await children(services, job_id)
    await pass_time(services)
    await services.job_loop.run_once()
    assert (await job_of(services, child)).status == "cancelled"
    await services.job_loop.run_once()  # the step hears of the end of its child
    assert await statuses(services, job_id) == {"call": "failed"}
    assert await errors_of(services, job_id) == ["Step timed out after 5s"]


async def test_jobs_start_jobs_over_ten_levels_at_most(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, Node(name="again", kind="task", entry=True, task="t"))
    while await services.job_loop.run_once():
        pass
    async with services.database.read() as connection:
        rows = await fetch(connection, "SELECT depth, status FROM jobs ORDER BY depth")
    assert [row[0] for row in rows] == list(range(11))
    for _ in rows:
        await services.job_loop.run_once()
    assert (await job_of(services, job_id)).status == "failed"
    async with services.database.read() as connection:
        errors = await fetch(
            connection, "SELECT error FROM steps WHERE job_id IN (SELECT id FROM jobs WHERE depth = 10)"
        )
    assert errors == [("Jobs start jobs over more than 10 levels",)]


async def test_many_jobs_of_jobs_begin_in_many_transactions(
    services: Services, flows: Flows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "_MOST_CHILDREN", 3)
    monkeypatch.setattr(decisions, "_MOST_JOBS", 5)
    below = Definitions(
        tasks={
            "child": Task(flow={"each": Step(action="leaf", for_each=[1, 2])}),
            "leaf": Task(flow={"wait": Step(action="wait")}),
        }
    )
    actions = {"leaf": Action(type="task", task="leaf"), "wait": Action(type="wait", for_="600")}
    loop = Node(name="each", kind="loop", entry=True, items=list(range(10)))
    services.job_loop.woken.clear()
    job_id = await start_nodes(services, flows, loop, call(parent=0, input={}), children=below, actions=actions)
    assert services.job_loop.woken.is_set()
    begun = [await _begun(services)]
    while begun[-1:] != begun[-2:-1]:
        await services.job_loop.run_once()
        begun.append(await _begun(services))
    assert begun[0] == (5, 4)  # three children and two of their six leaves
    assert begun[-1] == (30, 0)
    assert len(await children(services, job_id)) == 10
    assert (await job_of(services, job_id)).error is None


async def _begun(services: Services) -> tuple[int, int]:
    """The numbers of child jobs that have begun, and of those that have not."""
    async with services.database.read() as connection:
        rows = await fetch(
            connection,
            "SELECT count(*) FILTER (WHERE next_step > 1), count(*) FILTER (WHERE next_step = 1) FROM jobs"
            " WHERE parent_job IS NOT NULL",
        )
    return (rows[0][0], rows[0][1])
