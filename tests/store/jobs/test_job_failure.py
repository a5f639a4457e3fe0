"""Failure of jobs without their plan, on SQL alone."""

import uuid

from stroem.engine.values.state import JobState
from stroem.store.database import Database
from stroem.store.jobs import jobs, messages
from stroem.store.jobs.job_failure import fail_job
from tests.store.jobs.rows import add_job, add_worker, change, claim_alone, column, ready, statuses, waiting


async def test_a_job_can_fail_without_its_plan(database: Database) -> None:
    parent = uuid.uuid4()
    job_id = await add_job(database, ready(1), ready(2), waiting(3), parent_job=parent, parent_step=7)
    child = await add_job(database, ready(1), parent_job=job_id)
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id, limit=1)
    async with database.begin() as connection:
        applied = await fail_job(connection, job_id, "broken\0")
        job = await jobs.get_job(connection, job_id)
        up, down = await messages.take(connection, [parent, child])
        counts = await jobs.count_by_status(connection)
    assert applied.workers == {worker_id}
    assert applied.addressed == {parent, child, job_id}
    assert job is not None
    assert (job.status, job.error, job.open, job.moving) == ("failed", "broken\ufffd", 0, 0)
    assert await statuses(database, job_id) == ["failed", "failed", "skipped"]
    assert up.payload == {"outcome": "failed", "error": "broken\ufffd", "job": str(job_id)}
    assert (up.job_id, up.step, up.kind, down.job_id, down.kind) == (parent, 7, "ended", child, "cancel")
    assert counts["failed"] == 1
    told = "SELECT status FROM history WHERE job_id = %s AND cause = 'unreadable plan' ORDER BY step"
    assert await column(database, told, job_id) == ["failed", "failed", "failed", "skipped"]


async def test_a_job_that_was_being_cancelled_is_cancelled_and_an_ended_one_stays(database: Database) -> None:
    job_id = await add_job(database, ready(1))
    await change(database, job_id, job=JobState(status="running", cancel_reason="why", open=1))
    for reason in ("broken", "again"):
        async with database.begin() as connection:
            await fail_job(connection, job_id, reason)
    async with database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    assert job is not None
    assert (job.status, job.error) == ("cancelled", "why")
    assert await column(database, "SELECT jobs FROM job_tallies") == [1]
