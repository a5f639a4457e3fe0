"""Jobs and steps that are due, on SQL alone."""

import datetime

import pytest

from stroem.engine.values.state import Step
from stroem.store.database import Database
from stroem.store.jobs import due, messages
from stroem.store.jobs.messages import NewMessage
from tests.store.jobs.rows import add_job

NOW = datetime.datetime.now(datetime.UTC)
PAST, EARLIER, FUTURE = (NOW + datetime.timedelta(minutes=minutes) for minutes in (-1, -2, 60))


def timer(step: int, due_at: datetime.datetime | None, status: str = "suspended") -> Step:
    return Step(id=step, node=step, status=status, due_at=due_at, waits_for="timer")


async def test_jobs_with_due_steps_and_messages_come_in_the_order_of_waiting(database: Database) -> None:
    late = await add_job(database, timer(1, PAST), timer(2, PAST), timer(3, FUTURE))
    first = await add_job(database, timer(1, EARLIER, "pending"))
    addressed = await add_job(database)
    for ended in ("completed", "ready"):
        await add_job(database, timer(1, PAST, ended) if ended == "completed" else timer(1, FUTURE))
    async with database.begin() as connection:
        await messages.send(connection, [NewMessage(job_id=addressed, kind="cancel")] * 2)
    async with database.read() as connection:
        assert await due.due_jobs(connection, 10) == [first, late, addressed]
        assert await due.due_jobs(connection, 10, [first]) == [late, addressed]
        assert await due.due_jobs(connection, 1) == [first]
        assert await due.due_steps(connection, [late, addressed]) == {late: [1, 2]}


async def test_a_held_signal_makes_no_job_due(database: Database) -> None:
    job_id = await add_job(database)
    async with database.begin() as connection:
        await messages.send(connection, [NewMessage(job_id=job_id, kind="signal:go")])
        await connection.execute("UPDATE messages SET held = true")
        assert await due.due_jobs(connection, 10) == []
        assert await messages.take(connection, [job_id]) == []


async def test_messages_are_taken_once_in_the_order_of_sending(database: Database) -> None:
    one, other = await add_job(database), await add_job(database)
    async with database.begin() as connection:
        for kind in ("first", "second"):
            await messages.send(connection, [NewMessage(job_id=job_id, kind=kind) for job_id in (one, other)])
        taken = await messages.take(connection, [one])
        assert [(message.job_id, message.kind) for message in taken] == [(one, "first"), (one, "second")]
        assert await messages.take(connection, [one]) == []
        assert len(await messages.take(connection, [one, other])) == 2


async def test_the_due_time_of_a_step_is_next(database: Database) -> None:
    await add_job(database, timer(1, FUTURE), timer(2, PAST, "completed"))
    async with database.read() as connection:
        left = FUTURE - datetime.datetime.now(datetime.UTC)
        assert await due.secs_to_next_due(connection, 5000) == pytest.approx(left.total_seconds(), abs=60)


async def test_without_leases_and_deadlines_nothing_is_due(database: Database) -> None:
    async with database.read() as connection:
        assert await due.secs_to_next_due(connection, 7.5) == 7.5


async def test_the_deadline_of_a_job_is_due(database: Database) -> None:
    await add_job(database, timeout_secs=0)
    async with database.read() as connection:
        assert await due.secs_to_next_due(connection, 60) == 0.05
