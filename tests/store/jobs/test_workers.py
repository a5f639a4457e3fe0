"""Leases of workers, on SQL alone."""

import uuid

import pytest

from stroem.store.database import Database
from stroem.store.jobs import due, workers
from tests.store.jobs.rows import add_job, add_worker, claim_alone, column, ready


async def test_only_workers_with_an_ended_lease_expire(database: Database) -> None:
    lost, _ = await add_worker(database, lease_secs=-1), await add_worker(database)
    async with database.read() as connection:
        assert await workers.expire_workers(connection, 10) == [(lost, "w")]
        assert await workers.expire_workers(connection, 10) == []


async def test_the_steps_of_an_expired_worker_are_orphans_until_it_renews_its_lease(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.read() as connection:
        assert await workers.orphaned_steps(connection, 10, local_secs=600) == []
        await workers.expire_worker(connection, worker_id)
        assert await workers.orphaned_steps(connection, 10, local_secs=600) == [(job_id, 1, 1, worker_id, "w")]
        assert await workers.extend_lease(connection, worker_id, 60)
        assert await workers.orphaned_steps(connection, 10, local_secs=600) == []


async def test_an_unknown_worker_has_no_lease(database: Database) -> None:
    async with database.read() as connection:
        assert not await workers.extend_lease(connection, uuid.uuid4(), 60)


async def test_renewal_of_all_leases_shortens_none(database: Database) -> None:
    await add_worker(database, lease_secs=1000)
    async with database.read() as connection:
        await workers.renew_leases(connection, 1)
        assert await due.secs_to_next_due(connection, 5000) == pytest.approx(1000, abs=60)


async def test_a_worker_that_steps_wait_for_is_not_forgotten(database: Database) -> None:
    kept, _ = await add_worker(database), await add_worker(database)
    await add_job(database, ready(1, worker_id=kept))
    async with database.read() as connection:
        await connection.execute("UPDATE workers SET active = false, heartbeat_at = now() - interval '2 hours'")
        assert await workers.forget_workers(connection, 1, 10, 0) == 1
    assert await column(database, "SELECT id FROM workers") == [kept]
