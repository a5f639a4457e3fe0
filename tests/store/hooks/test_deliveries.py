"""Deliveries of webhooks: recorded, listed, removed by age and number."""

import datetime
import uuid
from typing import Any

import attrs
import orjson

from stroem.orchestrator.retention.delivery_pruner import DeliveryPruner
from stroem.store.database import Database
from stroem.store.hooks import deliveries
from stroem.store.hooks.deliveries import NewDelivery, Surplus

NOW = datetime.datetime.now(datetime.UTC)
JOB = uuid.uuid4()
NEW = NewDelivery(
    workspace="main",
    trigger="in",
    at=NOW,
    method="POST",
    remote="192.0.2.1",
    size_bytes=7,
    verdict="started",
    key="github:1",
    job_id=JOB,
    fire=orjson.dumps({"context": {"body": {"a": 1}}}).decode(),
)


async def listed(database: Database, trigger: str = "in", verdict: str | None = None) -> list[Any]:
    async with database.read() as connection:
        return await deliveries.list_deliveries(connection, "main", trigger, verdict, 50, 0)


async def test_deliveries_are_listed_newest_first(database: Database) -> None:
    refused = attrs.evolve(NEW, verdict="refused", reason="bad\0\ud800" + "x" * 2000, job_id=None, key=None, fire=None)
    async with database.begin() as connection:
        await deliveries.add_deliveries(connection, [NEW, refused, attrs.evolve(NEW, trigger="other")])
    newest, oldest = await listed(database)
    assert (newest.verdict, newest.can_redeliver, newest.job_id) == ("refused", False, None)
    assert newest.reason.startswith("bad\ufffd?x")
    assert len(newest.reason) == 1000
    assert (oldest.verdict, oldest.can_redeliver, oldest.job_id, oldest.at) == ("started", True, JOB, NOW)
    assert [one.verdict for one in await listed(database, verdict="refused")] == ["refused"]
    async with database.read() as connection:
        assert await deliveries.get_delivery(connection, oldest.id) == (oldest, {"context": {"body": {"a": 1}}})
        assert await deliveries.get_delivery(connection, 2**62) is None


async def test_old_and_surplus_deliveries_are_removed(database: Database) -> None:
    old = attrs.evolve(NEW, at=NOW - datetime.timedelta(days=31))
    async with database.begin() as connection:
        refused = attrs.evolve(NEW, verdict="refused")
        await deliveries.add_deliveries(connection, [old, *[NEW] * 5, refused, attrs.evolve(NEW, trigger="other")])
    async with database.begin() as connection:
        assert await deliveries.forget_old(connection, 30, 100, 0) == 1
        first = await deliveries.next_trigger(connection, deliveries.FIRST_TRIGGER)
        assert first == ("main", "in")
        surplus = Surplus(workspace="main", trigger="in", refused=False, keep=2)
        assert await deliveries.forget_surplus(connection, surplus, 100, 0) == 3
        assert await deliveries.forget_surplus(connection, surplus, 100, 0) == 0
        assert await deliveries.forget_surplus(connection, attrs.evolve(surplus, refused=True, keep=0), 100, 0) == 1
        second = await deliveries.next_trigger(connection, first)
        assert second == ("main", "other")
        assert await deliveries.next_trigger(connection, second) is None
    assert len(await listed(database)) == 2
    assert len(await listed(database, "other")) == 1


async def test_the_pruner(database: Database) -> None:
    async with database.begin() as connection:
        await deliveries.add_deliveries(connection, [NEW] * 5)
        await deliveries.add_deliveries(connection, [attrs.evolve(NEW, verdict="refused", trigger="other")] * 4)
    pruner = DeliveryPruner(database, days=30, keep=2, interval_secs=60)
    assert not await pruner.run_once()
    assert len(await listed(database)) == len(await listed(database, "other")) == 2
