"""Claims of steps, on SQL alone."""

import pytest

from stroem.store.database import Database
from stroem.store.jobs import claims, jobs, steps
from stroem.store.jobs.steps import StepEnd
from stroem.store.statement import fetch
from tests.store.jobs.rows import add_job, add_worker, claim, claim_alone, step


async def test_two_claims_at_once_share_the_steps_and_neither_waits(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b"), step("c"))
    one, other = await add_worker(database), await add_worker(database)
    async with database.begin() as first, database.begin() as second:
        taken = await claim(first, one, limit=2)
        left = await claim(second, other)
    assert [each.position for each in taken] == [0, 1]
    assert [each.position for each in left] == [2]
    async with database.read() as connection:
        rows = await fetch(connection, "SELECT worker_id FROM job_steps WHERE job_id = %s ORDER BY position", (job_id,))
    assert [row[0] for row in rows] == [one, one, other]


async def test_a_claim_that_is_rolled_back_leaves_its_steps_ready(database: Database) -> None:
    await add_job(database, step("a"))
    worker_id = await add_worker(database)

    async def claim_and_fail() -> None:
        async with database.begin() as connection:
            assert len(await claim(connection, worker_id)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await claim_and_fail()
    assert [each.attempt for each in await claim_alone(database, worker_id)] == [1]


async def test_a_claim_does_not_wait_for_a_locked_job(database: Database) -> None:
    job_id = await add_job(database, step("a"))
    worker_id = await add_worker(database)
    async with database.begin() as locking:
        await jobs.lock_jobs(locking, [job_id])
        assert len(await claim_alone(database, worker_id)) == 1
    async with database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    assert job is not None
    assert job.status == "pending"  # the transaction with the lock writes it


async def test_the_first_claim_of_a_job_starts_it(database: Database) -> None:
    job_id = await add_job(database, step("a"))
    await claim_alone(database, await add_worker(database))
    async with database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    assert job is not None
    assert job.status == "running"
    assert job.started_at is not None


@pytest.mark.parametrize(
    ("capabilities", "tags", "exclusive", "names"),
    [
        (("script",), (), False, [0]),
        (("script", "docker"), (), False, [0, 1]),
        (("script",), ("gpu", "big"), False, [0, 2]),
        (("script",), ("gpu",), True, [2]),
        (("script",), ("gpu", "big"), True, []),
    ],
)
async def test_a_worker_claims_the_steps_that_it_can_run(
    database: Database, capabilities: tuple[str, ...], tags: tuple[str, ...], exclusive: bool, names: list[int]
) -> None:
    await add_job(database, step("plain"), step("image", ability="docker"), step("tagged", tags=("gpu",)))
    worker_id = await add_worker(database)
    async with database.begin() as connection:
        taken = await claim(connection, worker_id, capabilities=capabilities, tags=tags, exclusive=exclusive)
    assert sorted(each.position for each in taken) == names


async def test_pending_and_claimed_steps_are_not_claimed(database: Database) -> None:
    await add_job(database, step("a"), step("b", 0))
    worker_id = await add_worker(database)
    assert [each.position for each in await claim_alone(database, worker_id)] == [0]
    assert await claim_alone(database, worker_id) == []


async def test_given_steps_are_claimed_if_they_are_still_ready(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b"))
    worker_id = await add_worker(database)
    async with database.begin() as connection:
        first = await claims.claim_these(connection, worker_id, [(job_id, 1)], grace_secs=25)
        second = await claims.claim_these(connection, worker_id, [(job_id, 0), (job_id, 1)], grace_secs=25)
    assert [each.position for each in first] == [1]
    assert [each.position for each in second] == [0]


async def test_ready_steps_of_deferred_jobs_are_left_out(database: Database) -> None:
    kept, deferred = await add_job(database, step("a")), await add_job(database, step("a"))
    async with database.read() as connection:
        ready = await claims.ready_steps(
            connection, capabilities=["script"], tags=[], exclusive=False, limit=10, deferred=[deferred]
        )
    assert ready == [(kept, 0)]


async def test_a_claim_sets_the_deadline_of_a_step_with_a_timeout(database: Database) -> None:
    await add_job(database, step("a"))
    (claimed,) = await claim_alone(database, await add_worker(database))
    assert claimed.timeout_secs == 60
    async with database.read() as connection:
        rows = await fetch(connection, "SELECT extract(epoch FROM deadline_at - started_at)::float8 FROM job_steps")
    assert rows[0][0] == pytest.approx(85, abs=0.1)


async def test_an_ended_step_is_not_held(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b"))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.begin() as connection:
        await steps.finish_steps(connection, [StepEnd(job_id=job_id, position=0, status="completed")], [])
        assert [each.position for each in await steps.steps_held(connection, worker_id)] == [1]
