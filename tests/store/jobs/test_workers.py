"""Leases of workers, on SQL alone."""

import uuid

import pytest

from stroem.store.database import Database
from stroem.store.jobs import workers
from tests.store.jobs.rows import add_job, add_worker, claim_alone, step


async def test_only_workers_with_an_ended_lease_expire(database: Database) -> None:
    lost, _ = await add_worker(database, lease_secs=-1), await add_worker(database)
    async with database.read() as connection:
        assert await workers.expire_workers(connection, 10) == [(lost, "w")]
        assert await workers.expire_workers(connection, 10) == []


async def test_the_steps_of_an_expired_worker_are_orphans_until_it_renews_its_lease(database: Database) -> None:
    job_id = await add_job(database, step("a"))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.read() as connection:
        assert await workers.orphaned_steps(connection, 10) == []
        await workers.expire_worker(connection, worker_id)
        assert await workers.orphaned_steps(connection, 10) == [(job_id, 0, 1, worker_id, "w")]
        assert await workers.extend_lease(connection, worker_id, 60)
        assert await workers.orphaned_steps(connection, 10) == []


async def test_an_unknown_worker_has_no_lease(database: Database) -> None:
    async with database.read() as connection:
        assert not await workers.extend_lease(connection, uuid.uuid4(), 60)


async def test_renewal_of_all_leases_shortens_none(database: Database) -> None:
    await add_worker(database, lease_secs=1000)
    async with database.read() as connection:
        await workers.renew_leases(connection, 1)
        assert await workers.secs_to_next_due(connection, 5000) == pytest.approx(1000, abs=60)


async def test_without_leases_and_deadlines_nothing_is_due(database: Database) -> None:
    async with database.read() as connection:
        assert await workers.secs_to_next_due(connection, 7.5) == 7.5


async def test_the_deadline_of_a_job_is_due(database: Database) -> None:
    await add_job(database, step("a"), timeout_secs=0)
    async with database.read() as connection:
        assert await workers.secs_to_next_due(connection, 60) == 0.05
