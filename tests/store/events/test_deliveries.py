"""Claims of deliveries, on SQL alone."""

from collections.abc import Sequence

from stroem.records.event import NewEvent
from stroem.store.database import Database
from stroem.store.events import deliveries, events
from stroem.store.events.deliveries import FIRST_LANE, Delivery


async def record(database: Database, workspace: str, *messages: str) -> None:
    """Records events, each with a delivery to the sink `bell`."""
    new = [NewEvent(kind="released", message=message, workspace=workspace) for message in messages]
    async with database.begin() as connection:
        await events.add_events(connection, new, lambda _: ["bell"])


async def heads(database: Database) -> list[tuple[str, int]]:
    async with database.read() as connection:
        found = await deliveries.due_heads(connection, ["bell"], behind=FIRST_LANE, limit=10)
    return [(sink, event_id) for (sink, _), event_id in found]


async def claim(database: Database, wanted: Sequence[tuple[str, int]]) -> list[Delivery]:
    async with database.read() as connection:
        return await deliveries.claim_deliveries(connection, wanted, 60)


async def test_the_head_of_each_lane_is_due_and_the_next_one_behind_it(database: Database) -> None:
    await record(database, "a", "a1", "a2")
    await record(database, "b", "b1")
    first = await claim(database, await heads(database))
    assert sorted(each.event.message for each in first) == ["a1", "b1"]
    assert await heads(database) == []
    async with database.read() as connection:
        for each in first:
            assert await deliveries.finish_delivery(connection, each)
    assert [each.event.message for each in await claim(database, await heads(database))] == ["a2"]


async def test_a_delivery_is_claimed_once(database: Database) -> None:
    await record(database, "a", "a1")
    wanted = await heads(database)
    async with database.begin() as one, database.begin() as other:
        claimed = await deliveries.claim_deliveries(one, wanted, 60)
        assert await deliveries.claim_deliveries(other, wanted, 60) == []
    assert [each.attempt for each in claimed] == [1]


async def test_a_lost_claim_can_neither_finish_nor_retry_nor_give_up(database: Database) -> None:
    await record(database, "a", "a1")
    (lost,) = await claim(database, await heads(database))
    async with database.read() as connection:
        assert await deliveries.retry_delivery(connection, lost, "away", 0)
    (held,) = await claim(database, await heads(database))
    assert held.attempt == 2
    async with database.read() as connection:
        assert not await deliveries.finish_delivery(connection, lost)
        assert not await deliveries.retry_delivery(connection, lost, "away", 0)
        assert not await deliveries.give_up_delivery(connection, lost, "away")
        assert await deliveries.give_up_delivery(connection, held, "refused")
        (kept,) = await deliveries.undelivered(connection, [held.event.id])
    assert kept.next_try is None
    assert await heads(database) == []
