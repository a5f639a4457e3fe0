"""Slots across jobs, and jobs that stay on one worker."""

import uuid

import attrs
import pytest

from stroem.interfaces.nodes import Node, RetryPolicy, Slot
from stroem.orchestrator.services import Services
from stroem.protocol.registration import Registration
from tests.orchestrator.conftest import (
    HandWorker,
    done,
    execute,
    job_of,
    pass_time,
    send,
    start_nodes,
    statuses,
)
from tests.orchestrator.flows import Flows, action, then

DEPLOY = action("deploy", slot=Slot(key="{{ input.host }}", size=1))


async def deployments(services: Services, flows: Flows, *hosts: str, node: Node = DEPLOY) -> list[uuid.UUID]:
    return [await start_nodes(services, flows, node, raw_input={"host": host}) for host in hosts]


async def test_two_jobs_share_the_slots_of_a_key(services: Services, worker: HandWorker, flows: Flows) -> None:
    first, second, third, other = await deployments(services, flows, "a", "a", "a", "b")
    await services.job_loop.run_once()
    claims = {claim.job_id: claim for claim in (await worker.exchange()).steps or ()}
    assert set(claims) == {first, other}
    assert await statuses(services, second) == {"deploy": "pending"}
    await worker.exchange(done(claims[first]))
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == second
    await worker.exchange(done(claim, exit_code=1))
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == third


async def test_a_freed_slot_wakes_the_job_loop(services: Services, worker: HandWorker, flows: Flows) -> None:
    await deployments(services, flows, "a", "a")
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    services.job_loop.woken.clear()
    await worker.exchange(done(claim))
    assert services.job_loop.woken.is_set()


async def test_as_many_steps_run_as_a_key_has_slots(services: Services, worker: HandWorker, flows: Flows) -> None:
    node = attrs.evolve(DEPLOY, slot=Slot(key="all", size=2))
    await deployments(services, flows, "a", "b", "c", node=node)
    await services.job_loop.run_once()
    assert len((await worker.exchange()).steps or ()) == 2


async def test_a_cancelled_job_gives_its_slot_to_the_next(services: Services, worker: HandWorker, flows: Flows) -> None:
    first, second, third = await deployments(services, flows, "a", "a", "a")
    await services.job_loop.run_once()
    await services.canceller.cancel(second)
    await services.canceller.cancel(first)
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == third


async def test_a_job_that_is_failed_without_its_plan_gives_its_slot_to_the_next(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    first, second = await deployments(services, flows, "a", "a")
    await services.job_loop.run_once()
    await services.rescuer._failer.fail_job(first, "It is broken", ValueError("x"))
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == second


async def test_a_step_that_waits_for_its_next_attempt_gives_its_slot_back(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    node = attrs.evolve(DEPLOY, retry=RetryPolicy(attempts=2, delay=60))
    first, second = await deployments(services, flows, "a", "a", node=node)
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    await worker.exchange(done(claim, exit_code=1))
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == second
    await pass_time(services)
    assert not (await worker.exchange()).steps
    await worker.exchange(done(claim))
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert (claim.job_id, claim.attempt) == (first, 2)


async def test_a_step_of_a_paused_job_gives_its_slot_back(services: Services, worker: HandWorker, flows: Flows) -> None:
    first, second = await deployments(services, flows, "a", "a")
    await services.job_loop.run_once()
    await send(services, first, "pause")
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == second
    await send(services, first, "resume")
    await worker.exchange(done(claim))
    await services.job_loop.run_once()
    (claim,) = (await worker.exchange()).steps or ()
    assert claim.job_id == first


async def test_a_key_that_cannot_be_rendered_fails_its_step(
    services: Services, worker: HandWorker, flows: Flows
) -> None:
    (job_id,) = await deployments(services, flows, "a", node=attrs.evolve(DEPLOY, slot=Slot(key="{{ 1 / 0 }}")))
    assert await statuses(services, job_id) == {"deploy": "failed"}


@pytest.fixture
async def other(services: Services) -> HandWorker:
    """Another worker."""
    registered = await services.leases.register(Registration(name="other", capabilities=("script",)))
    return HandWorker(services, registered.worker_id)


LOCAL = (
    action("a", edges=then(2)),
    action("b", edges=then(2)),
    action("c", entry=False),
)


async def test_all_steps_of_a_local_job_run_on_the_worker_that_takes_the_first(
    services: Services, worker: HandWorker, other: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *LOCAL, mode="local")
    first = await worker.take()
    assert set(first) == {"a"}
    assert not await other.take()
    await services.job_loop.run_once()
    assert (await job_of(services, job_id)).worker_id == worker.id
    assert not await other.take()
    second = await worker.take()
    assert set(second) == {"b"}
    assert not await other.take()
    await worker.exchange(done(first["a"]), done(second["b"]), take=0)
    assert not await other.take()
    third = await worker.take()
    await worker.exchange(done(third["c"]))
    assert (await job_of(services, job_id)).status == "completed"


async def test_a_local_job_goes_on_when_its_first_step_ends_at_once(
    services: Services, worker: HandWorker, other: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *LOCAL, mode="local")
    first = (await worker.take(1))["a"]
    await worker.exchange(done(first), take=0)
    await services.job_loop.run_once()
    assert not await other.take()
    assert set(await worker.take()) == {"b"}
    assert await statuses(services, job_id) == {"a": "completed", "b": "running", "c": "pending"}


async def test_a_claim_of_a_local_job_wakes_the_job_loop(services: Services, worker: HandWorker, flows: Flows) -> None:
    await start_nodes(services, flows, *LOCAL, mode="local")
    services.job_loop.woken.clear()
    await worker.take()
    assert services.job_loop.woken.is_set()


async def test_a_local_job_whose_worker_is_lost_fails_in_the_end(
    services: Services, worker: HandWorker, other: HandWorker, flows: Flows
) -> None:
    job_id = await start_nodes(services, flows, *LOCAL, mode="local")
    await worker.take()
    await services.job_loop.run_once()
    await services.rescuer.run_once()
    await execute(services, f"UPDATE workers SET lease_until = now() - interval '1 hour' WHERE id = '{worker.id}'")
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 hour'")
    await services.rescuer.run_once()
    await services.rescuer.run_once()
    assert not await other.take()
    assert (await job_of(services, job_id)).status == "failed"
    assert await statuses(services, job_id) == {"a": "failed", "b": "cancelled", "c": "skipped"}
