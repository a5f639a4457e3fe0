"""Guards of the transitions of steps and jobs, on SQL alone."""

import uuid
from typing import Any

import pytest

from stroem.store.database import Database
from stroem.store.jobs import jobs, steps, transitions
from stroem.store.jobs.steps import ClaimedStep, StepEnd
from stroem.store.jobs.transitions import JobProgress, StepChange
from stroem.store.statement import fetch
from tests.store.jobs.rows import add_job, add_worker, claim_alone, step


async def statuses(database: Database, job_id: uuid.UUID) -> list[str]:
    async with database.read() as connection:
        rows = await fetch(connection, "SELECT status FROM job_steps WHERE job_id = %s ORDER BY position", (job_id,))
    return [row[0] for row in rows]


def end(claimed: ClaimedStep, **more: Any) -> StepEnd:
    values = {"status": "completed", "attempt": claimed.attempt, **more}
    return StepEnd(job_id=claimed.job_id, position=claimed.position, **values)


async def finish(database: Database, *ends: StepEnd, was: str = "running", behind: Any = ()) -> steps.Finished:
    async with database.begin() as connection:
        return await steps.finish_steps(connection, ends, behind, was=was)


async def test_a_step_ends_once(database: Database) -> None:
    job_id = await add_job(database, step("a"))
    (claimed,) = await claim_alone(database, await add_worker(database))
    assert (await finish(database, end(claimed))).ended == {(job_id, 0)}
    assert (await finish(database, end(claimed, status="failed"))).ended == frozenset()
    assert await statuses(database, job_id) == ["completed"]


@pytest.mark.parametrize("stale", [{"attempt": 0}, {"attempt": 2}, {"worker_id": uuid.uuid4()}])
async def test_an_end_of_another_attempt_or_worker_changes_nothing(database: Database, stale: dict[str, Any]) -> None:
    job_id = await add_job(database, step("a"))
    (claimed,) = await claim_alone(database, await add_worker(database))
    assert (await finish(database, end(claimed, **stale))).ended == frozenset()
    assert await statuses(database, job_id) == ["running"]


async def test_a_running_step_is_not_ended_as_a_ready_one(database: Database) -> None:
    job_id = await add_job(database, step("a"))
    failed = StepEnd(job_id=job_id, position=0, status="failed")
    (claimed,) = await claim_alone(database, await add_worker(database))
    assert (await finish(database, failed, was="ready")).ended == frozenset()
    assert (await finish(database, end(claimed))).ended == {(job_id, 0)}


async def test_the_counters_of_pending_steps_behind_are_read(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b", 0), step("c", 0, 1))
    (claimed,) = await claim_alone(database, await add_worker(database))
    finished = await finish(database, end(claimed), behind=[(job_id, 0), (job_id, 1), (job_id, 2)])
    assert finished.waiting == {(job_id, 1): (1, 0), (job_id, 2): (2, 0)}


async def test_only_pending_steps_change(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b", 0), step("c", 1))
    progress = JobProgress(id=job_id, steps_open=3, steps_failed=0, log_lines=0)
    changes = [
        StepChange(job_id=job_id, position=0, unmet=0, broken=1, status="skipped", error="no"),
        StepChange(job_id=job_id, position=1, unmet=0, broken=0, status="ready"),
        StepChange(job_id=job_id, position=2, unmet=0, broken=1, status="skipped", error="no"),
    ]
    async with database.begin() as connection:
        await transitions.advance(connection, [progress], changes)
    assert await statuses(database, job_id) == ["ready", "ready", "skipped"]


async def test_a_job_that_ends_has_the_outputs_of_its_sinks_and_is_tallied(database: Database) -> None:
    job_id = await add_job(database, step("a"))
    (claimed,) = await claim_alone(database, await add_worker(database))
    await finish(database, end(claimed, output='{"x": 1}', full_output='{"x": "secret"}'))
    progress = JobProgress(id=job_id, steps_open=0, steps_failed=0, log_lines=0, status="completed", sinks={0: "a"})
    async with database.begin() as connection:
        await transitions.advance(connection, [progress])
        job = await jobs.get_job(connection, job_id)
        kept = await fetch(connection, "SELECT full_output FROM job_steps WHERE job_id = %s", (job_id,))
        counts = await jobs.count_by_status(connection)
    assert job is not None
    assert (job.status, job.output) == ("completed", {"a": {"x": 1}})
    assert job.completed_at is not None
    assert kept == [(None,)]
    assert (counts["completed"], counts["pending"], counts["running"]) == (1, 0, 0)


async def test_a_cancellation_ends_waiting_steps_and_marks_running_ones(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b", 0))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.begin() as connection:
        await jobs.lock_jobs(connection, [job_id])
        await jobs.request_cancel(connection, job_id, "first")
        await jobs.request_cancel(connection, job_id, "second")
        assert await steps.cancel_waiting(connection, job_id) == 1
        assert await steps.ask_to_cancel(connection, job_id) == {worker_id}
        assert await steps.steps_to_cancel(connection, worker_id) == [((job_id, 0), 1)]
        locked = (await jobs.lock_jobs(connection, [job_id]))[job_id]
    assert locked.cancel_reason == "first"
    assert await statuses(database, job_id) == ["running", "cancelled"]


async def test_a_job_can_fail_without_its_plan(database: Database) -> None:
    job_id = await add_job(database, step("a"), step("b", 0))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.begin() as connection:
        assert set(await transitions.fail_job(connection, job_id, "broken")) == {worker_id}
        job = await jobs.get_job(connection, job_id)
    assert job is not None
    assert (job.status, job.error) == ("failed", "broken")
    assert "running" not in await statuses(database, job_id)
