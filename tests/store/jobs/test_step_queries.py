"""Queries of steps, needs and plans, on SQL alone."""

import uuid

from stroem.engine.values.state import JobState, Step
from stroem.store.database import Database
from stroem.store.jobs import needs, plans, step_queries, steps
from stroem.store.jobs.needs import need_of
from stroem.store.statement import execute
from tests.store.jobs.rows import SCRIPT, add_job, add_worker, change, claim_alone, column, need_ids, ready, waiting

DOCKER = need_of("docker", ["b", "a", "b"])


async def test_steps_are_listed_in_the_order_in_which_they_were_made(database: Database) -> None:
    job_id = await add_job(
        database, ready(1), Step(id=2, node=4, parent=1, item=3, status="suspended", waits_for="timer", value=[1])
    )
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    async with database.read() as connection:
        first, second = await step_queries.list_steps(connection, job_id)
        (held,) = await step_queries.list_worker_steps(connection, worker_id, 10)
    assert (first.id, first.status, first.worker_id, first.attempt) == (1, "running", worker_id, 1)
    assert (second.parent, second.node, second.item, second.waits_for, second.value) == (1, 4, 3, "timer", [1])
    assert (held.job_id, held.id, held.node, held.job_status) == (job_id, 1, 0, "running")


async def test_only_completed_steps_have_times(database: Database) -> None:
    job_id = await add_job(database, ready(1), waiting(2))
    worker_id = await add_worker(database)
    await claim_alone(database, worker_id)
    await change(database, job_id, ("running", Step(id=1, node=0, status="completed", worker_id=worker_id)))
    async with database.read() as connection:
        ((job, node, start, end),) = await step_queries.step_times(connection, [job_id])
    assert (job, node) == (job_id, 0)
    assert start <= end


async def test_steps_that_no_active_worker_can_run_are_unmatched_after_a_while(database: Database) -> None:
    lost = uuid.uuid4()
    worker_id = await add_worker(database)
    await add_job(database, ready(1), ready(2, worker_id=worker_id))
    other = await add_job(database, ready(1), need=DOCKER)
    placed = await add_job(database, ready(1, worker_id=lost))
    async with database.begin() as connection:
        assert await step_queries.unmatched_steps(connection, 60, 10, local_secs=600) == []
        await connection.execute("UPDATE steps SET ready_at = ready_at - interval '2 minutes'")
        found = await step_queries.unmatched_steps(connection, 60, 10, local_secs=600)
    assert {(one.step_id, one.need, one.worker) for one in found} == {
        ((other, 1), DOCKER, None),
        ((placed, 1), SCRIPT, str(lost)),
    }


async def test_a_need_has_one_id_in_whatever_order_its_tags_are(database: Database) -> None:
    async with database.read() as connection:
        first = await need_ids(connection, DOCKER, SCRIPT)
        again = await need_ids(connection, need_of("docker", ["a", "b"]), SCRIPT)
        known = await needs.list_needs(connection)
    assert first == again
    assert known == {DOCKER: first[0], SCRIPT: first[1]}


async def test_the_question_of_an_older_worker_is_noted_for_the_begun_attempt(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2))
    await claim_alone(database, await add_worker(database))
    async with database.read() as connection:
        await steps.restamp_start(connection, (job_id, 1), 1)
        await steps.restamp_start(connection, (job_id, 2), 2)
        await execute(connection, "UPDATE steps SET asked_at = asked_at - interval '1 minute'")
        await steps.note_question(connection, job_id)
    assert await column(database, "SELECT id FROM steps WHERE asked_at > now() - interval '30 seconds'") == [1]


async def test_a_plan_that_arrived_while_a_job_ran_is_kept_with_the_job(database: Database) -> None:
    job_id = await add_job(database)
    async with database.begin() as connection:
        for digest in ("fragment", "unused"):
            await plans.put_plan(connection, digest, b"{}")
    await change(database, job_id, job=JobState(fragments=((3, "other"), (7, "fragment"))))
    async with database.begin() as connection:
        await connection.execute("UPDATE plans SET created_at = now() - interval '2 days'")
        assert await plans.drop_unused_plans(connection, 10) == 1
    assert sorted(await column(database, "SELECT digest FROM plans")) == ["digest", "fragment"]
