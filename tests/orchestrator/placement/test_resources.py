"""Steps that take resources of their workers."""

import asyncio
import uuid

import attrs
import pytest

from stroem.definitions.action import Action, Resources
from stroem.interfaces.nodes import Node
from stroem.orchestrator.services import Services
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.registration import Registration
from stroem.protocol.steps import Outcome
from tests.orchestrator.conftest import done, error_of, execute, start_nodes, statuses
from tests.orchestrator.flows import Flows

WAIT_SECS = 20


@attrs.frozen
class SizedWorker:
    """A worker that offers resources."""

    services: Services
    registration: Registration
    id: uuid.UUID

    async def exchange(self, *outcomes: Outcome, take: int = 16, wait: float = 0) -> ExchangeAnswer:
        return await self.services.exchange.run(
            ExchangeRequest(
                worker_id=self.id,
                capabilities=self.registration.capabilities,
                resources=self.registration.resources,
                max_steps=take,
                wait_secs=wait,
                outcomes=outcomes,
            )
        )

    async def take(self, *outcomes: Outcome, take: int = 16, wait: float = 0) -> dict[str, Claim]:
        answer = await self.exchange(*outcomes, take=take, wait=wait)
        return {claim.step_name: claim for claim in answer.steps or ()}


async def sized(services: Services, **resources: str) -> SizedWorker:
    registration = Registration(name="sized", capabilities=("script",), resources=resources)
    return SizedWorker(services, registration, (await services.leases.register(registration)).worker_id)


async def begin(services: Services, flows: Flows, **steps: dict[str, str]) -> uuid.UUID:
    """Starts a job of steps side by side, each with the resources that it takes."""
    actions = {
        name: Action(
            type="script",
            script="true",
            resources=Resources(cpu=wanted.pop("cpu", None), memory=wanted.pop("memory", None), named=wanted),
        )
        for name, wanted in steps.items()
    }
    return await start_nodes(
        services, flows, *(Node(name=name, action=name, entry=True) for name in steps), actions=actions
    )


async def test_a_worker_with_one_license_gets_one_step_that_takes_it_and_all_others(
    services: Services, flows: Flows
) -> None:
    worker = await sized(services, license="1")
    await begin(services, flows, a={"license": "1"}, b={"license": "1"}, c={}, d={"cpu": "64"})
    first = await worker.take()
    assert len(first.keys() & {"a", "b"}) == 1
    assert first.keys() >= {"c", "d"}  # what the worker does not declare is not limited
    assert not await worker.take()
    (name,) = first.keys() & {"a", "b"}
    (second,) = await worker.take(done(first[name]))
    assert {name, second} == {"a", "b"}


async def test_a_worker_that_declares_nothing_is_not_limited(services: Services, flows: Flows) -> None:
    worker = await sized(services)
    await begin(services, flows, a={"license": "1"}, b={"license": "1", "cpu": "900"})
    assert set(await worker.take()) == {"a", "b"}


async def test_two_requests_of_a_worker_at_once_do_not_take_the_same_resource(services: Services, flows: Flows) -> None:
    worker = await sized(services, license="2")
    await begin(services, flows, **{f"s{number}": {"license": "1"} for number in range(8)})
    answers = await asyncio.gather(*(worker.exchange(take=4) for _ in range(4)))
    assert sum(len(answer.steps or ()) for answer in answers) == 2


async def test_a_step_for_which_one_worker_has_no_room_wakes_another(services: Services, flows: Flows) -> None:
    full, free = await sized(services, license="1"), await sized(services, license="1")
    await begin(services, flows, a={"license": "1"})
    assert set(await full.take()) == {"a"}
    waiting = [asyncio.create_task(one.take(wait=WAIT_SECS)) for one in (full, free)]
    await asyncio.sleep(0)
    while len(services.notifier.polling_workers) < len(waiting):
        await asyncio.sleep(0.01)
    async with asyncio.timeout(3):  # polls without news would take five seconds
        await begin(services, flows, b={"license": "1"})
        done_first, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert [set(one.result()) for one in done_first] == [{"b"}]
    assert waiting[1] in done_first
    waiting[0].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_large_step_waits_in_the_end_for_small_ones_to_end(services: Services, flows: Flows) -> None:
    worker = await sized(services, cpu="2")
    await begin(services, flows, small={"cpu": "1"}, other={"cpu": "1"})
    running = await worker.take()
    await begin(services, flows, large={"cpu": "2"})
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 minute' WHERE status = 'ready'")
    await begin(services, flows, third={"cpu": "1"}, plain={})
    assert set(await worker.take(done(running["small"]))) == {"plain"}
    assert set(await worker.take(done(running["other"]))) == {"large"}


async def test_a_step_larger_than_every_worker_fails_with_the_largest_offer(services: Services, flows: Flows) -> None:
    worker = await sized(services, memory="8Gi")
    await sized(services, memory="4Gi", cpu="64")
    job_id = await begin(services, flows, big={"memory": "16Gi"}, fits={"cpu": "64"})
    await execute(services, "UPDATE steps SET ready_at = now() - interval '1 hour'")
    await services.rescuer.run_once()
    assert await statuses(services, job_id) == {"big": "failed", "fits": "ready"}
    assert await error_of(services, job_id) == (
        "No active worker is large enough for this step: it takes memory 16Gi, and the largest offer is 8Gi"
    )
    assert set(await worker.take()) == {"fits"}


@pytest.mark.parametrize("amount", ["x", "-1", "1.2.3", ""])
async def test_an_offer_that_is_no_amount(services: Services, amount: str) -> None:
    with pytest.raises(ValueError, match="is no amount such as"):
        await sized(services, license=amount)
