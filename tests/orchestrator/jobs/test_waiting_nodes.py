"""Retries, waits, signals and approvals: steps that go on when a time has passed or a message has come."""

from typing import Any

import attrs
import pytest

from stroem.definitions.field import InputField
from stroem.interfaces.nodes import Node, RetryPolicy
from stroem.orchestrator.services import Services
from stroem.protocol.claim import action_of
from stroem.store.jobs import due, step_queries
from stroem.store.statement import fetch
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    errors_of,
    execute,
    job_of,
    pass_time,
    printed,
    send,
    start_nodes,
    statuses,
    texts,
)
from tests.orchestrator.flows import Flows, action, then

RETRIED = RetryPolicy(attempts=3, delay=20, backoff="exponential")


async def test_a_failed_attempt_is_followed_by_another_after_its_delay(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a", retry=RETRIED, edges=then(1)), action("b", entry=False))
    first = (await worker.take())["a"]
    assert not await worker.follow(done(first, exit_code=1))
    assert await statuses(services, job_id) == {"a": "pending", "b": "pending"}
    async with services.database.read() as connection:
        assert 15 < await due.secs_to_next_due(connection, 3600) <= 20
    await services.job_loop.run_once()
    assert not await worker.take()
    await pass_time(services)
    second = (await worker.take())["a"]
    assert second.attempt == 2
    await worker.exchange(done(second, exit_code=2))
    async with services.database.read() as connection:
        rows = await step_queries.list_attempts(connection, job_id)
        (step, *_) = await step_queries.list_steps(connection, job_id)
    assert [(row.attempt, row.error) for row in rows] == [
        (1, "Process exited with code 1"),
        (2, "Process exited with code 2"),
    ]
    assert {row.worker_id for row in rows} == {worker.id}
    assert (step.waits_for, step.worker_id, step.error) == ("retry", None, "Process exited with code 2")
    await pass_time(services)
    last = (await worker.take())["a"]
    assert set(await worker.follow(done(last, {"n": 1}))) == {"b"}
    assert await statuses(services, job_id) == {"a": "completed", "b": "running"}


async def test_a_step_fails_with_its_last_attempt(services: Services, worker: HandWorker, flows: Flows) -> None:
    policy = attrs.evolve(RETRIED, attempts=2, delay=0)
    job_id = await start_nodes(services, flows, action("a", retry=policy))
    for attempt in (1, 2):
        await services.job_loop.run_once()
        claim = (await worker.take())["a"]
        assert claim.attempt == attempt
        await worker.exchange(done(claim, exit_code=attempt), take=0)
    job = await job_of(services, job_id)
    assert job.status == "failed"
    assert await errors_of(services, job_id) == ["Process exited with code 2"]


async def test_what_comes_of_a_former_attempt_changes_nothing(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a", retry=attrs.evolve(RETRIED, delay=0)))
    first = (await worker.take())["a"]
    await worker.exchange(done(first, exit_code=1), lines=[printed(first, 0, "first")], take=0)
    await services.job_loop.run_once()
    second = (await worker.take())["a"]
    await worker.exchange(done(first, {"n": 1}), lines=[printed(first, 1, "late"), printed(second, 0, "second")])
    assert await statuses(services, job_id) == {"a": "running"}
    assert texts(await services.logs.read(job_id)) == ["first", "second"]
    await worker.exchange(done(second, {"n": 2}))
    assert (await job_of(services, job_id)).output == {"a": {"n": 2}}


async def test_a_lost_attempt_is_followed_by_another(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a", retry=RETRIED))
    await worker.take()
    await services.rescuer.run_once()
    await execute(services, "UPDATE workers SET lease_until = now()")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"a": "pending"}


async def test_a_cancelled_job_tries_nothing_again(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a", retry=RETRIED))
    await worker.exchange(done((await worker.take())["a"], exit_code=1))
    await services.canceller.cancel(job_id)
    await pass_time(services)
    assert not await worker.take()
    assert await statuses(services, job_id) == {"a": "cancelled"}
    assert (await job_of(services, job_id)).status == "cancelled"


def waiting(kind: str, **given: Any) -> tuple[Node, Node]:
    """A step of a server-side kind, and an action that reads its output."""
    return (
        Node(name="hold", kind=kind, entry=True, input=given, edges=then(1)),
        action("next", entry=False, action="echo", input={"text": "{{ hold.output }}"}),
    )


async def test_a_wait_ends_when_its_time_has_passed(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, *waiting("wait", secs="{{ input.secs }}"), raw_input={"secs": 20})
    assert not await worker.take()
    assert await statuses(services, job_id) == {"hold": "suspended", "next": "pending"}
    assert 15 < await services.job_loop.pause_secs() <= 20
    await services.job_loop.run_once()
    assert (await statuses(services, job_id))["hold"] == "suspended"
    await pass_time(services)
    assert set(await worker.take()) == {"next"}


async def test_a_wait_of_an_impossible_time_fails(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, *waiting("wait", secs=-1))
    assert await statuses(services, job_id) == {"hold": "failed", "next": "skipped"}
    assert (await job_of(services, job_id)).status == "failed"
    assert "secs must be between 0" in str(await errors_of(services, job_id))


async def test_a_signal_ends_the_steps_that_wait_for_it(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, *waiting("signal", name="go"))
    await send(services, job_id, "signal:other", "x", actor="Ada")
    assert (await statuses(services, job_id))["hold"] == "suspended"
    await send(services, job_id, "signal:go", "now", actor="Ada")
    assert action_of((await worker.take())["next"]).script == "echo now"
    await send(services, job_id, "signal:go", "again")
    assert await statuses(services, job_id) == {"hold": "completed", "next": "running"}


async def test_an_early_signal_is_kept_for_the_first_step_that_waits_for_it(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    nodes = [action("first", edges=then(1)), *waiting("signal", name="go")]
    nodes[1] = attrs.evolve(nodes[1], entry=False, edges=then(2))
    job_id = await start_nodes(services, flows, *nodes)
    await send(services, job_id, "signal:go", "one")
    await send(services, job_id, "signal:go", "two")
    assert not await services.job_loop.run_once()
    assert (await statuses(services, job_id))["hold"] == "pending"
    following = await worker.follow(done((await worker.take())["first"]))
    assert action_of(following["next"]).script == "echo one"
    await worker.exchange(done(following["next"]))
    assert (await job_of(services, job_id)).status == "completed"
    async with services.database.read() as connection:
        assert await fetch(connection, "SELECT * FROM messages") == []


async def test_a_signal_that_does_not_come_in_time_fails_its_step(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *waiting("signal", name="go", secs=5))
    await pass_time(services)
    assert await statuses(services, job_id) == {"hold": "failed", "next": "skipped"}
    assert "the signal 'go' did not come in time" in await errors_of(services, job_id)


async def step_id(services: Services, job_id: Any, name: str) -> int:
    async with services.database.read() as connection:
        return (await services.names.find(connection, [(job_id, name)]))[job_id, name][1]


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ({"approved": True, "by": "Ada", "input": {"n": 1}}, "completed", None),
        ({"approved": False, "by": "Ada", "reason": "not today"}, "failed", "not today"),
        ("nonsense", "failed", "the answer does not tell whether the step is approved"),
    ],
)
async def test_an_approval_waits_for_the_answer_of_a_person(
    services: Services, worker: HandWorker, flows: Flows, answer: Any, status: str, error: str | None
) -> None:
    job_id = await start_nodes(
        services, flows, *waiting("approval", message="Deploy {{ input.what }}?"), raw_input={"what": "it"}
    )
    assert (await statuses(services, job_id))["hold"] == "suspended"
    await send(services, job_id, "resolve", answer, step=await step_id(services, job_id, "hold"), actor="Ada")
    assert (await statuses(services, job_id))["hold"] == status
    assert (await errors_of(services, job_id))[0] == error
    if error is None:
        script = action_of((await worker.take())["next"]).script or ""
        assert '"approval_message":"Deploy it?"' in script.replace(": ", ":")
        assert '"n":1' in script.replace(": ", ":")


async def test_an_answer_to_a_step_that_waits_for_none_changes_nothing(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await send(services, job_id, "resolve", {"approved": True}, step=1)
    await send(services, job_id, "resolve", {"approved": True}, step=77)
    assert set(await worker.take()) == {"a"}


async def test_secrets_in_the_message_of_an_approval_are_masked(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        *waiting("approval", message="Use {{ input.pin }}?"),
        input={"pin": InputField(secret=True)},
        raw_input={"pin": "pin-of-someone"},
    )
    async with services.database.read() as connection:
        (step, *_) = await step_queries.list_steps(connection, job_id)
    assert step.input == {"message": "Use ••••••?"}
