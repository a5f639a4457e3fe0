"""Fires of requests in common transactions: a bad one does not stop its neighbours."""

import asyncio
import datetime

import pytest

from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.hooks.fire_batches import Finished, FireBatches
from stroem.orchestrator.triggers.fire_request import Fired, FireRequest
from stroem.server.keys import SERVICES
from stroem.store.hooks.deliveries import NewDelivery
from tests.server.conftest import Running
from tests.server.hooks.conftest import deliveries


class Refused(Exception):
    pass


def request(number: int, who: str = "Ada") -> FireRequest:
    fire = Fire(key=f"k-{number}", input={"body": {}}, context={"body": {"order": number, "who": who}})
    return FireRequest(workspace="main", trigger="orders", fire=fire)


def record(fired: Fired) -> Finished:
    if fired.request.fire.key == "k-13":
        raise Refused
    written = NewDelivery(
        workspace="main",
        trigger="orders",
        at=datetime.datetime.now(datetime.UTC),
        method="POST",
        remote="",
        size_bytes=0,
        verdict=fired.verdict,
        job_id=fired.job_id,
    )
    return Finished(written)


async def test_a_bad_request_does_not_stop_its_neighbours(hooks: Running) -> None:
    batches = hooks.app[SERVICES].hooks.batches
    work = (batches.fire(request(number), record) for number in range(40))
    found = await asyncio.gather(*work, return_exceptions=True)
    assert [number for number, one in enumerate(found) if isinstance(one, Refused)] == [13]
    assert {one.verdict for one in found if isinstance(one, Fired)} == {"started"}
    assert len(await deliveries(hooks, "orders")) == 39
    assert (await hooks.get("/api/jobs"))["total"] == 39


async def test_a_fire_goes_on_without_its_caller(hooks: Running) -> None:
    batches = hooks.app[SERVICES].hooks.batches
    task = asyncio.create_task(batches.fire(request(1), record))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await batches.close()
    assert (await hooks.get("/api/jobs"))["total"] == 1


async def test_requests_share_transactions(hooks: Running) -> None:
    counted: list[int] = []
    firer = hooks.app[SERVICES].triggers.firer
    whole = firer.fire

    class Counting:
        async def fire(self, requests: list[FireRequest], settle: object) -> list[Fired]:
            counted.append(len(requests))
            return await whole(requests, settle)  # type: ignore[arg-type]

    batches = FireBatches(Counting())  # type: ignore[arg-type]
    await asyncio.gather(*(batches.fire(request(number), record) for number in range(100, 164)))
    assert sum(counted) == 64
    assert len(counted) <= 4
