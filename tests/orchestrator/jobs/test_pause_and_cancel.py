"""Pauses and cancellations of jobs with steps of all kinds."""

import uuid
from typing import Any

from stroem.interfaces.nodes import Edge, Node
from stroem.orchestrator.services import Services
from tests.orchestrator.conftest import HandWorker, done, job_of, pass_time, send, start_nodes, statuses
from tests.orchestrator.flows import Flows, action, then

ANY: Any = ("completed", "failed", "skipped", "cancelled")


async def test_a_paused_job_starts_nothing_and_what_runs_goes_on(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        action("a", edges=then(2)),
        action("b"),
        action("c", entry=False, edges=then(3)),
        action("d", entry=False),
    )
    first = (await worker.take(1))["a"]
    await send(services, job_id, "pause", actor="Ada")
    assert not await worker.follow(done(first))
    assert await statuses(services, job_id) == {"a": "completed", "b": "pending", "c": "pending", "d": "pending"}
    assert (await job_of(services, job_id)).paused_at is not None
    await send(services, job_id, "resume", actor="Ada")
    assert set(await worker.take()) == {"b", "c"}
    assert (await job_of(services, job_id)).paused_at is None


async def test_a_job_that_is_paused_before_its_first_claim_waits(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await send(services, job_id, "pause")
    await send(services, job_id, "pause")
    assert not await worker.take()
    await send(services, job_id, "resume")
    await send(services, job_id, "resume")
    await worker.exchange(done((await worker.take())["a"]))
    assert (await job_of(services, job_id)).status == "completed"


async def test_steps_become_ready_again_at_a_resume_and_wake_a_worker(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await send(services, job_id, "pause")
    heard: list[int] = []
    services.notifier.on_publish(lambda notification: heard.append(sum(notification.ready.values())))
    await send(services, job_id, "resume")
    assert sum(heard) == 1


async def test_a_wait_goes_on_in_a_paused_job(services: Services, worker: HandWorker, flows: Flows) -> None:
    hold = Node(name="hold", kind="wait", entry=True, input={"secs": 60}, edges=then(1))
    job_id = await start_nodes(services, flows, hold, action("a", entry=False))
    await send(services, job_id, "pause")
    await pass_time(services)
    assert await statuses(services, job_id) == {"hold": "completed", "a": "pending"}
    await send(services, job_id, "resume")
    assert set(await worker.take()) == {"a"}


async def test_a_paused_job_can_be_cancelled(services: Services, worker: HandWorker, flows: Flows) -> None:
    job_id = await start_nodes(services, flows, action("a"))
    await send(services, job_id, "pause")
    await services.canceller.cancel(job_id)
    assert await statuses(services, job_id) == {"a": "cancelled"}
    job = await job_of(services, job_id)
    assert (job.status, job.paused_at) == ("cancelled", None)


async def test_a_cancellation_ends_what_waits_in_blocks_and_loops(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services,
        flows,
        Node(name="deploy", kind="loop", entry=True, items=["a", "b", "c"], limit=2),
        action("test", parent=0),
        Node(name="ask", kind="approval", entry=True, input={"message": "?"}),
        Node(name="hold", kind="wait", entry=True, input={"secs": 60}),
        Node(name="outer", kind="block", entry=True),
        action("inner", parent=4, timeout=5),
    )
    claim = (await worker.take(1))["deploy[0]"]
    await services.canceller.cancel(job_id, "enough", actor="Ada")
    assert await statuses(services, job_id) == {
        "deploy": "running",
        "deploy[0]": "running",
        "deploy[1]": "cancelled",
        "deploy[2]": "cancelled",
        "ask": "cancelled",
        "hold": "cancelled",
        "outer": "cancelled",
        "outer~.inner": "cancelled",
    }
    assert await services.inventory.cancellations(worker.id) == (claim.step,)
    await worker.exchange(done(claim, exit_code=-15))
    job = await job_of(services, job_id)
    assert (job.status, job.error) == ("cancelled", "enough")
    assert set((await statuses(services, job_id)).values()) == {"cancelled"}


def with_cleanup() -> tuple[Node, ...]:
    return (
        action("work", edges=(Edge(to=1), Edge(to=2, on=ANY))),
        action("more", entry=False),
        action("clean", entry=False, cleanup=True, edges=then(3)),
        action("report", entry=False, cleanup=True),
    )


async def cancelled_with_cleanup(services: Services, worker: HandWorker, flows: Flows) -> tuple[uuid.UUID, Any]:
    """A job that is being cancelled, and its cleanup step on the worker."""
    job_id = await start_nodes(services, flows, *with_cleanup())
    work = (await worker.take())["work"]
    await services.canceller.cancel(job_id)
    clean = (await worker.follow(done(work, exit_code=-15)))["clean"]
    assert await statuses(services, job_id) == {
        "work": "cancelled",
        "more": "pending",
        "clean": "running",
        "report": "pending",
    }
    return job_id, clean


async def test_cleanup_steps_run_although_the_job_is_cancelled(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id, clean = await cancelled_with_cleanup(services, worker, flows)
    assert await services.inventory.cancellations(worker.id) == ()
    report = (await worker.follow(done(clean)))["report"]
    await worker.exchange(done(report))
    assert (await job_of(services, job_id)).status == "cancelled"
    assert await statuses(services, job_id) == {
        "work": "cancelled",
        "more": "cancelled",
        "clean": "completed",
        "report": "completed",
    }


async def test_a_second_cancellation_ends_cleanup_steps_too(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id, clean = await cancelled_with_cleanup(services, worker, flows)
    await services.canceller.cancel(job_id, "at once")
    assert await services.inventory.cancellations(worker.id) == (clean.step,)
    assert not await worker.follow(done(clean, exit_code=-15))
    job = await job_of(services, job_id)
    assert (job.status, job.cancel_reason) == ("cancelled", "Job cancelled by user")
    assert set((await statuses(services, job_id)).values()) == {"cancelled"}


async def test_a_cleanup_step_that_its_worker_does_not_end_ends_in_time(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id, _ = await cancelled_with_cleanup(services, worker, flows)
    await services.canceller.cancel(job_id)
    await pass_time(services)
    assert (await job_of(services, job_id)).status == "cancelled"


async def test_a_block_past_its_timeout_ends_what_is_inside(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(
        services, flows, Node(name="outer", kind="block", entry=True, timeout=5), action("inner", parent=0)
    )
    claim = (await worker.take())["outer~.inner"]
    await pass_time(services)
    assert await services.inventory.cancellations(worker.id) == (claim.step,)
    await worker.exchange(done(claim, exit_code=-15))
    assert await statuses(services, job_id) == {"outer": "failed", "outer~.inner": "cancelled"}
    assert (await job_of(services, job_id)).status == "failed"
