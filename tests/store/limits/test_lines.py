"""Lines of owners: priorities, rates, messages about full keys, sizes by release."""

import asyncio
import uuid
from collections.abc import Collection

from stroem.definitions.limit import Rate
from stroem.engine.changes import SlotRequest
from stroem.engine.values.state import JOB
from stroem.store.database import Database
from stroem.store.jobs import messages
from stroem.store.limits import keys, lines, slots
from stroem.store.limits.slots import KeySize
from stroem.store.statement import execute, fetch
from tests.store.jobs.rows import add_job, change, column

KEY = "workspace:default/api"


async def ask(database: Database, job_id: uuid.UUID, rate: Rate | None = None, *, is_told: bool = False) -> None:
    wanted = SlotRequest(step=JOB, key=KEY, size=1 if rate is None else 100, rate=rate, is_told=is_told)
    await change(database, job_id, wanted_slots={JOB: wanted})


async def holders(database: Database) -> list[uuid.UUID]:
    return await column(database, "SELECT job_id FROM slots ORDER BY number")


async def test_a_full_window_opens_again_and_the_owners_get_messages(database: Database) -> None:
    rate = Rate(starts=2, secs=3600)
    jobs = [await add_job(database) for _ in range(4)]
    for job_id in jobs:
        await ask(database, job_id, rate)
    assert await holders(database) == jobs[:2]
    assert await opening(database) == []
    (state,) = (await states(database)).values()
    assert (state.held, state.rate, len(state.line)) == (2, rate, 2)
    assert state.opens_at is not None
    await pass_hour(database)
    assert await opening(database) == [KEY]
    await grant(database)
    assert await holders(database) == jobs
    await grant(database)
    assert await column(database, "SELECT opens_at FROM slot_keys") == [None]
    assert await column(database, "SELECT count(*) FROM slot_uses") == [2], "older uses are forgotten"


async def test_the_end_of_an_owner_does_not_open_a_window(database: Database) -> None:
    one, other = await add_job(database), await add_job(database)
    for job_id in (one, other):
        await ask(database, job_id, Rate(starts=1, secs=3600))
    await change(database, one, freed_slots=[JOB])
    assert await holders(database) == []


async def test_a_job_that_waits_is_told_who_is_before_it(database: Database) -> None:
    jobs = [await add_job(database, priority=priority) for priority in (0, 0, 7, 0)]
    for job_id in jobs:
        await ask(database, job_id, is_told=True)
    told = []
    for job_id in jobs:
        async with database.begin() as connection:
            told += [(m.kind, m.payload) for m in await messages.take(connection, [job_id])]
    first, second, urgent, _ = map(str, jobs)
    assert told == [
        ("granted", {"key": KEY}),
        ("full", {"key": KEY, "held": [first], "ahead": []}),
        ("full", {"key": KEY, "held": [first], "ahead": []}),
        ("full", {"key": KEY, "held": [first], "ahead": [urgent, second]}),
    ]
    async with database.read() as connection:
        assert await lines.ahead_of(connection, [(jobs[1], JOB), (jobs[3], JOB)]) == {
            (jobs[1], JOB): 1,
            (jobs[3], JOB): 2,
        }
        assert await lines.length_before(connection, KEY, -7) == 1


async def test_the_size_is_that_of_the_current_release(database: Database) -> None:
    async with database.begin() as connection:
        await execute(connection, "INSERT INTO workspaces (name, current_release) VALUES ('w', 2)")
        for release_id, size in ((1, 5), (2, 3), (1, 9)):
            await slots.lock_keys(connection, {KEY: KeySize(size=size, workspace="w", release_id=release_id)})
        assert await fetch(connection, "SELECT size, release_id FROM slot_keys") == [(3, 2)]
        await execute(connection, "UPDATE workspaces SET current_release = 1")
    job_id = await add_job(database)
    async with database.begin() as connection:
        assert await keys.outdated_keys(connection, 9) == []
        await slots.line_up(connection, [slots.Waiting(owner=(job_id, JOB), key=KEY)])
        (outdated,) = await keys.outdated_keys(connection, 9)
    assert (outdated.key, outdated.release_id) == (KEY, 1)


async def test_unused_keys_are_forgotten_and_used_ones_kept(database: Database) -> None:
    one, other = await add_job(database), await add_job(database)
    await ask(database, one)
    await ask(database, other)
    async with database.begin() as connection:
        await slots.lock_keys(connection, {"unused": KeySize(size=1), "server:gpu": KeySize(size=1)})
        assert await keys.drop_unused(connection, 9, 0) == 1
    assert await column(database, "SELECT key FROM slot_keys ORDER BY key") == ["server:gpu", KEY]


async def test_a_key_that_is_forgotten_meanwhile_is_made_again(database: Database) -> None:
    """An owner that asks while its key is deleted does not wait for ever."""
    jobs = [await add_job(database) for _ in range(8)]

    async def forget() -> None:
        async with database.begin() as connection:
            await keys.drop_unused(connection, 9, 0)

    for job_id in jobs:
        await asyncio.gather(forget(), ask(database, job_id), forget())
        assert await holders(database) == [job_id]
        await change(database, job_id, freed_slots=[JOB])


async def opening(database: Database) -> list[str]:
    async with database.read() as connection:
        return await keys.opening_keys(connection, 9)


async def grant(database: Database, wanted: Collection[str] = (KEY,)) -> None:
    async with database.begin() as connection:
        await slots.lock_keys(connection, dict.fromkeys(wanted))
        await slots.grant(connection, wanted)


async def states(database: Database) -> dict[str, lines.KeyState]:
    async with database.read() as connection:
        return await lines.states_of(connection, [KEY])


async def pass_hour(database: Database) -> None:
    async with database.begin() as connection:
        await execute(connection, "UPDATE slot_uses SET at = at - interval '1 hour'")
        await execute(connection, "UPDATE slot_keys SET opens_at = opens_at - interval '1 hour'")
