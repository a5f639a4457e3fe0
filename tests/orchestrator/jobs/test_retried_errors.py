"""Errors of attempts: their kinds and exit codes, and which of them are retried."""

import uuid
from typing import Any

import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import OutputField
from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.nodes import Node, RetryPolicy
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.protocol.steps import Outcome
from stroem.store.jobs import step_queries
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    execute,
    job_of,
    pass_time,
    start,
    start_nodes,
    statuses,
    workspace,
)
from tests.orchestrator.flows import Flows, action

DECLARED = Action(type="script", script="true", output={"n": OutputField(type="integer", required=True)})
CHILD = Definitions(tasks={"child": Task(flow={"say": Step(action="true")})})


def retried(**more: Any) -> RetryPolicy:
    return RetryPolicy(attempts=3, **more)


def timed_out(claim: Claim) -> Outcome:
    return done(claim, exit_code=-1, error="Step timed out after 5s", timed_out=True)


def unbegun(claim: Claim) -> Outcome:
    return done(claim, exit_code=-1, error="The runner is not here", error_kind="setup")


def exited(code: int) -> Any:
    return lambda claim: done(claim, exit_code=code, error=f"Exit code: {code}")


async def kind_and_code(services: Services, job_id: uuid.UUID) -> tuple[str | None, int | None]:
    """The kind of the error of the first step, and its exit code."""
    async with services.database.read() as connection:
        (step, *_) = await step_queries.list_steps(connection, job_id)
    return step.error_kind, step.exit_code


@pytest.mark.parametrize(
    ("end", "kind", "code", "fitting", "other"),
    [
        (exited(75), "exit", 75, "75", "76"),
        (exited(75), "exit", 75, "70-80", "1-74"),
        (exited(-9), "exit", -9, "-9", "9"),
        (exited(3), "exit", 3, "exit", "timeout"),
        (timed_out, "timeout", None, "timeout", "exit"),
        (unbegun, "setup", None, "setup", "-1"),
        (lambda claim: done(claim, {"n": "one"}), "output", 0, "output", "exit"),
    ],
)
async def test_an_outcome_is_retried_by_its_kind_or_its_exit_code(
    services: Services,
    worker: HandWorker,
    flows: Flows,
    end: Any,
    kind: str,
    code: int | None,
    fitting: str,
    other: str,
) -> None:
    for on, status in (((fitting,), "pending"), ((other,), "failed"), ((other, fitting), "pending"), ((), "pending")):
        node = action("a", action="declared", retry=retried(on=on, delay=60))
        job_id = await start_nodes(services, flows, node, actions={"declared": DECLARED})
        await worker.exchange(end((await worker.take())["a"]))
        assert await statuses(services, job_id) == {"a": status}
        assert await kind_and_code(services, job_id) == (kind, code)


async def test_a_lost_worker_is_an_error_of_its_own(services: Services, worker: HandWorker, flows: Flows) -> None:
    found = {}
    for on in ("worker_lost", "exit"):
        job_id = await start_nodes(services, flows, action("a", retry=retried(on=(on,), delay=60)))
        await worker.take()
        await services.rescuer.run_once()
        await execute(services, "UPDATE workers SET lease_until = now()")
        await services.rescuer.run_once()
        found[on] = (await statuses(services, job_id))["a"]
        assert await kind_and_code(services, job_id) == ("worker_lost", None)
    assert found == {"worker_lost": "pending", "exit": "failed"}


async def test_a_failed_template_is_retried(services: Services, worker: HandWorker, flows: Flows) -> None:
    node = action("a", action="echo", input={"text": "{{ input.missing }}"}, retry=retried(on=("template",), delay=60))
    job_id = await start_nodes(services, flows, node)
    assert not await worker.take()
    assert await statuses(services, job_id) == {"a": "pending"}
    assert await kind_and_code(services, job_id) == ("template", None)
    await pass_time(services)
    assert not await worker.take()
    await pass_time(services)
    assert not await worker.take()
    assert await statuses(services, job_id) == {"a": "failed"}


async def test_a_child_job_whose_input_cannot_be_rendered_is_tried_again(services: Services, flows: Flows) -> None:
    node = Node(name="call", kind="task", entry=True, task="child", input={"x": "{{ 1 / 0 }}"}, retry=retried(delay=60))
    job_id = await start_nodes(services, flows, node, children=CHILD)
    assert await statuses(services, job_id) == {"call": "pending"}
    assert await kind_and_code(services, job_id) == ("template", None)
    await pass_time(services)
    await pass_time(services)
    assert await statuses(services, job_id) == {"call": "failed"}


@pytest.mark.parametrize(("on", "status"), [("child", "pending"), ("exit", "failed")])
async def test_a_failed_child_job_is_an_error_of_its_step(
    services: Services, worker: HandWorker, flows: Flows, on: str, status: str
) -> None:
    node = Node(name="call", kind="task", entry=True, task="child", retry=retried(on=(on,), delay=60))
    job_id = await start_nodes(services, flows, node, children=CHILD)
    await worker.exchange(done((await worker.take())["say"], exit_code=1))
    await services.job_loop.run_once()
    assert await statuses(services, job_id) == {"call": status}
    assert await kind_and_code(services, job_id) == ("child", None)


async def test_a_condition_sees_the_error_the_attempt_the_input_and_the_iteration(
    services: Services, worker: HandWorker
) -> None:
    condition = (
        "error.kind == 'exit' and error.exit_code == 75 and 'deadlock' in error.message "
        "and attempt < input.most and each.item == 'x'"
    )
    retry = Retry(max_attempts=5, delay=1, when=condition)
    task = Task(flow={"s": Step(action="true", for_each=["x", "y"], retry=retry)})
    job_id = await start(services, workspace(task), most=2)
    claims = await worker.take()
    for claim in claims.values():
        await worker.exchange(done(claim, exit_code=75, error="a deadlock"))
    assert await statuses(services, job_id) == {"s": "running", "s[0]": "pending", "s[1]": "failed"}
    await pass_time(services)
    await worker.exchange(done((await worker.take())["s[0]"], exit_code=75, error="a deadlock"))
    assert (await statuses(services, job_id))["s[0]"] == "failed"


async def test_a_condition_that_cannot_be_evaluated_ends_the_step(services: Services, worker: HandWorker) -> None:
    task = Task(flow={"s": Step(action="true", retry=Retry(when="error.exit_code / 0 > 1"))})
    job_id = await start(services, workspace(task))
    await worker.exchange(done((await worker.take())["s"], exit_code=2))
    async with services.database.read() as connection:
        (step,) = await step_queries.list_steps(connection, job_id)
    assert step.status == "failed"
    assert (step.error or "").startswith("Process exited with code 2\nThe condition of the retry: ")


async def test_each_attempt_keeps_its_error_its_exit_code_and_its_worker(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a", retry=retried()))
    await worker.exchange(done((await worker.take())["a"], exit_code=7))
    await pass_time(services)
    await worker.exchange(timed_out((await worker.take())["a"]))
    await pass_time(services)
    await worker.exchange(done((await worker.take())["a"], {"n": 1}))
    async with services.database.read() as connection:
        rows = await step_queries.list_attempts(connection, job_id)
    assert [(row.attempt, row.error_kind, row.exit_code, row.worker_id) for row in rows] == [
        (1, "exit", 7, worker.id),
        (2, "timeout", None, worker.id),
    ]
    assert await kind_and_code(services, job_id) == (None, 0)


@pytest.mark.parametrize(("cap", "waits"), [(15, (10, 15, 15)), (None, (10, 20, 40))])
async def test_a_delay_grows_up_to_its_cap(
    services: Services, worker: HandWorker, flows: Flows, cap: int | None, waits: tuple[int, ...]
) -> None:
    policy = RetryPolicy(attempts=5, delay=10, max_delay=cap, backoff="exponential")
    job_id = await start_nodes(services, flows, action("a", retry=policy))
    for secs in waits:
        await worker.exchange(done((await worker.take())["a"], exit_code=1))
        async with services.database.read() as connection:
            (step,) = await step_queries.list_steps(connection, job_id)
            (former, *_) = reversed(await step_queries.list_attempts(connection, job_id))
        assert step.due_at is not None
        assert round((step.due_at - former.ended_at).total_seconds()) == secs
        await pass_time(services)


async def test_a_cancelled_step_is_not_tried_again_whatever_its_worker_says(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a", retry=retried(on=("exit",), when="true")))
    claim = (await worker.take())["a"]
    await services.canceller.cancel(job_id)
    await worker.exchange(done(claim, exit_code=75))
    await pass_time(services)
    assert not await worker.take()
    assert await statuses(services, job_id) == {"a": "cancelled"}
    assert (await job_of(services, job_id)).status == "cancelled"
