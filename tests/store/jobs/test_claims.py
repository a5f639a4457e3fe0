"""Claims of steps, on SQL alone."""

import uuid

import pytest

from stroem.engine.values.state import Step
from stroem.store.database import Database
from stroem.store.jobs import claims, jobs, messages, steps
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.jobs.needs import need_of
from stroem.store.statement import fetch
from tests.store.counters import touched
from tests.store.jobs.rows import (
    SCRIPT,
    add_job,
    add_worker,
    change,
    claim,
    claim_alone,
    column,
    need_ids,
    numbers,
    ready,
    waiting,
)

DOCKER = need_of("docker", ())


async def test_two_claims_at_once_share_the_steps_and_neither_waits(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2), ready(3))
    one, other = await add_worker(database), await add_worker(database)
    async with database.begin() as first, database.begin() as second:
        taken = await claim(first, one, limit=2)
        left = await claim(second, other)
    assert numbers(taken.steps) == [1, 2]
    assert numbers(left.steps) == [3]
    held = await column(database, "SELECT worker_id FROM steps WHERE job_id = %s ORDER BY id", job_id)
    assert held == [one, one, other]


async def test_a_claim_that_is_rolled_back_leaves_its_steps_ready(database: Database) -> None:
    await add_job(database, ready(1))
    worker_id = await add_worker(database)

    async def claim_and_fail() -> None:
        async with database.begin() as connection:
            assert len((await claim(connection, worker_id)).steps) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await claim_and_fail()
    assert [each.attempt for each in await claim_alone(database, worker_id)] == [1]


async def test_a_claim_does_not_wait_for_a_locked_job(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    worker_id = await add_worker(database)
    async with database.begin() as locking:
        await lock_jobs(locking, [job_id])
        assert len(await claim_alone(database, worker_id)) == 1
    async with database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    assert job is not None
    assert job.status == "pending"  # the transaction with the lock writes it


async def test_the_first_claim_of_a_job_starts_it(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        told = await fetch(connection, "SELECT step, status, attempt, cause, actor FROM history WHERE step > 0")
    assert job is not None
    assert job.status == "running"
    assert job.started_at is not None
    assert told == [(1, "running", 1, "claim", str(worker_id))]


async def test_a_claim_gives_the_address_and_the_item_of_a_step(database: Database) -> None:
    job_id = await add_job(database, Step(id=1, node=4, item=2, status="ready", value=[1, {"a": None}]))
    (claimed,) = await claim_alone(database, await add_worker(database))
    assert claimed == steps.ClaimedStep(
        job_id=job_id,
        step=1,
        parent=0,
        node=4,
        item=2,
        attempt=1,
        timeout_secs=None,
        value=[1, {"a": None}],
        claimed_at=claimed.claimed_at,
    )


async def test_needs_take_turns_in_a_claim_after_priorities(database: Database) -> None:
    first = await add_job(database, ready(1), ready(2))
    other = await add_job(database, ready(1), need=DOCKER)
    urgent = await add_job(database, ready(1), need=DOCKER, priority=1)
    worker_id = await add_worker(database)
    async with database.begin() as connection:
        taken = await claim(connection, worker_id, SCRIPT, DOCKER, limit=3)
        (script,) = await need_ids(connection, SCRIPT)
    assert (taken.steps[0].job_id, taken.steps[0].step) == (urgent, 1)
    assert {(each.job_id, each.step) for each in taken.steps[1:]} == {(first, 1), (other, 1)}
    assert taken.left == {script: 1}


async def test_pending_and_claimed_steps_are_not_claimed(database: Database) -> None:
    await add_job(database, ready(1), waiting(2))
    worker_id = await add_worker(database)
    assert numbers(await claim_alone(database, worker_id)) == [1]
    assert await claim_alone(database, worker_id) == ()


async def test_given_steps_are_claimed_if_they_are_still_ready(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2))
    worker_id = await add_worker(database)
    async with database.begin() as connection:
        first = await claims.claim_these(connection, worker_id, [(job_id, 2)], grace_secs=25)
        second = await claims.claim_these(connection, worker_id, [(job_id, 1), (job_id, 2)], grace_secs=25)
    assert numbers(first.steps) == [2]
    assert numbers(second.steps) == [1]


async def test_a_step_of_a_local_job_may_end_later_than_its_timeout(database: Database) -> None:
    """Its worker ends it in time, and may tell that only once it reaches the server again."""
    away, near = await add_job(database, ready(1), mode="local"), await add_job(database, ready(1))
    timeless = await add_job(database, Step(id=1, node=0, status="ready"), mode="local")
    worker_id = await add_worker(database)
    async with database.begin() as connection:
        wanted = [(job_id, 1) for job_id in (away, near, timeless)]
        await claims.claim_these(connection, worker_id, wanted, grace_secs=25, local_secs=600)
    secs = "SELECT round(extract(epoch FROM due_at - started_at))::int FROM steps WHERE job_id = %s"
    assert [await column(database, secs, one) for one in (away, near, timeless)] == [[685], [85], [None]]


async def test_ready_steps_of_deferred_jobs_are_left_out(database: Database) -> None:
    kept, deferred = await add_job(database, ready(1)), await add_job(database, ready(1))
    worker_id = await add_worker(database)
    async with database.read() as connection:
        ids = await need_ids(connection, SCRIPT)
        found = await claims.ready_steps(connection, worker_id, ids, limit=10, deferred=[deferred])
    assert found == [(kept, 1)]


async def test_a_claim_sets_the_due_time_of_a_step_with_a_timeout(database: Database) -> None:
    await add_job(database, ready(1))
    (claimed,) = await claim_alone(database, await add_worker(database))
    assert claimed.timeout_secs == 60
    secs = await column(database, "SELECT extract(epoch FROM due_at - started_at)::float8 FROM steps")
    assert secs[0] == pytest.approx(85, abs=0.1)


async def test_an_ended_step_is_not_held(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    await change(database, job_id, ("running", Step(id=1, node=0, status="completed", worker_id=worker_id)))
    async with database.begin() as connection:
        assert numbers(await steps.steps_held(connection, worker_id)) == [2]


async def test_a_step_that_is_for_one_worker_goes_to_no_other(database: Database) -> None:
    one, other = await add_worker(database), await add_worker(database)
    await add_job(database, ready(1, worker_id=one))
    assert await claim_alone(database, other) == ()
    assert numbers(await claim_alone(database, one)) == [1]


async def test_the_first_claim_of_a_local_job_is_told_to_it(database: Database) -> None:
    job_id = await add_job(database, ready(1), mode="local")
    worker_id = await add_worker(database)
    async with database.begin() as connection:
        assert (await claim(connection, worker_id)).placed == {job_id}
    async with database.begin() as connection:
        (message,) = await messages.take(connection, [job_id])
    assert (message.step, message.kind, message.actor) == (1, "placed", str(worker_id))


async def test_a_claim_behind_many_steps_of_others_reads_no_more(database: Database) -> None:
    worker_id = await add_worker(database)
    async with database.read() as connection:
        script, docker = await need_ids(connection, SCRIPT, DOCKER)
    read = []
    for others in (100, 100_000):
        await _fill(database, script, docker, others)
        async with database.begin() as connection:
            before = await touched(connection, "steps")
            taken = await claims.claim_steps(connection, worker_id, [script], limit=16, grace_secs=25)
            read.append((await touched(connection, "steps") - before).read)
        assert len(taken.steps) == 16
    assert 0 < read[1] <= read[0]


async def _fill(database: Database, script: int, docker: int, others: int) -> None:
    """Ready steps: many of another need that came first, then some for scripts."""
    insert = b"""
        INSERT INTO steps (job_id, id, node, status, need, rank)
        SELECT %s, g, g, 'ready', %s, g + %s FROM generate_series(1, %s) g
        """
    async with database.begin() as connection:
        await connection.execute("TRUNCATE steps")
        await connection.execute(insert, (uuid.uuid4(), docker, 0, others))
        await connection.execute(insert, (uuid.uuid4(), script, others, 1000))
