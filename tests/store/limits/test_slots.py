"""Slots of concurrency limits, on SQL alone."""

import asyncio
import random
import uuid

import pytest

from stroem.engine.changes import SlotRequest
from stroem.engine.values.state import Step
from stroem.store.database import Database
from stroem.store.jobs import job_failure, messages
from tests.store.jobs.rows import add_job, change, column

KEY = "db"


def waiting_for_slot(step: int, key: str = KEY) -> Step:
    return Step(id=step, node=step, waits_for=f"slot:{key}")


def ended(step: int) -> tuple[str, Step]:
    return "pending", Step(id=step, node=step, status="completed")


async def request(database: Database, job_id: uuid.UUID, step: int, size: int, key: str = KEY) -> None:
    wanted = {step: SlotRequest(step=step, key=key, size=size)}
    await change(database, job_id, ("made", waiting_for_slot(step, key)), wanted_slots=wanted)


async def owners(database: Database) -> list[int]:
    return await column(database, "SELECT step FROM slots ORDER BY number")


async def test_slots_are_granted_in_the_order_of_waiting(database: Database) -> None:
    job_id = await add_job(database)
    for step in (1, 2, 3, 4):
        await request(database, job_id, step, 2)
    assert await owners(database) == [1, 2]
    await change(database, job_id, ended(2), freed_slots=[2])
    assert await owners(database) == [1, 3]
    await change(database, job_id, ended(1), ended(3), freed_slots=[1, 3])
    assert await owners(database) == [4]
    async with database.begin() as connection:
        taken = await messages.take(connection, [job_id])
    assert [(message.kind, message.step) for message in taken] == [("granted", step) for step in (1, 2, 3, 4)]


async def test_a_smaller_size_holds_for_the_next_grants(database: Database) -> None:
    job_id = await add_job(database)
    for step, size in ((1, 3), (2, 3), (3, 3), (4, 1)):
        await request(database, job_id, step, size)
    await change(database, job_id, ended(1), ended(2), freed_slots=[1, 2])
    assert await owners(database) == [3]
    await change(database, job_id, ended(3), freed_slots=[3])
    assert await owners(database) == [4]


async def test_the_slots_of_a_failed_job_are_granted_to_others(database: Database) -> None:
    one, other = await add_job(database), await add_job(database)
    await request(database, one, 1, 1)
    await request(database, one, 2, 1)
    await request(database, other, 3, 1)
    async with database.begin() as connection:
        assert (await job_failure.fail_job(connection, one, "broken")).addressed == {one, other}
    assert await owners(database) == [3]


@pytest.mark.parametrize("size", [1, 3])
async def test_concurrent_transactions_never_exceed_the_size_and_leave_no_step_waiting(
    database: Database, size: int
) -> None:
    rng = random.Random(size)
    keys = ["a", "b"]
    most = dict.fromkeys(keys, 0)

    async def use_slots(job_id: uuid.UUID) -> None:
        for step in range(1, 7):
            await request(database, job_id, step, size, rng.choice(keys))
        left = set(range(1, 7))
        while left:
            async with database.begin() as connection:
                taken = await messages.take(connection, [job_id])
            granted = sorted({message.step for message in taken if message.step in left})
            for key in keys:
                most[key] = max(most[key], len(await column(database, "SELECT 1 FROM slots WHERE key = %s", key)))
            if granted:
                await change(database, job_id, *[ended(step) for step in granted], freed_slots=granted)
                left -= set(granted)
            else:
                step = max(left)  # it is cancelled while it waits, perhaps just as its slot is granted
                await change(database, job_id, ended(step), freed_slots=[step])
                left.remove(step)

    jobs = [await add_job(database) for _ in range(6)]
    await asyncio.wait_for(asyncio.gather(*map(use_slots, jobs)), 60)
    assert set(most.values()) == {size}
    assert await owners(database) == []
