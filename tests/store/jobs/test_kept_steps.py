"""Steps that a job takes over from the one that it runs again."""

import uuid
from typing import Any

import attrs
import pytest

from stroem.engine.changes import Retained
from stroem.engine.requests import InsideStep, KeptVisit, Load
from stroem.engine.values.state import Step
from stroem.store.database import Database
from stroem.store.jobs.load import load
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.jobs.results import kept_steps
from stroem.store.statement import execute, fetch
from tests.store.counters import touched
from tests.store.jobs.rows import add_job, change_in

MANY = 2000
LOOP = (
    Step(id=1, node=0, status="completed", total=1),
    Step(id=2, node=1, parent=1, status="completed", attempt=2),
    Step(id=3, node=2, parent=2, status="failed", error="broken"),
)


def retained(step: int, source: int, *inside: InsideStep, first: int = 0) -> Retained:
    return Retained(step=step, kept=KeptVisit(step=source, outcome="completed", inside=inside), first=first)


async def take_over(database: Database, source: uuid.UUID, *steps: Step, kept: list[Retained]) -> uuid.UUID:
    """A job that runs another again, and has taken over steps of it."""
    job_id = await add_job(database, source_job_id=source, restart={"failed": True, "steps": []})
    async with database.begin() as connection:
        locked = (await lock_jobs(connection, [job_id]))[job_id]
        assert locked.state.is_partial
        await change_in(connection, locked, *[("made", step) for step in steps], retained=kept)
    return job_id


async def rows_of(database: Database, job_id: uuid.UUID) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        return [
            tuple(row)
            for row in await fetch(
                connection,
                """
                SELECT id, parent, node, status, attempt, output, kept_job, kept_step FROM steps WHERE job_id = %s
                ORDER BY id
                """,
                (job_id,),
            )
        ]


async def test_steps_are_taken_over_with_those_inside_under_new_ids_and_nodes(database: Database) -> None:
    """A job that takes them over again names the job in which they ran."""
    source = await add_job(database, *LOOP)
    async with database.begin() as connection:
        await execute(connection, """UPDATE steps SET output = '{"n": 1}' WHERE id = 2""")
    inside = (InsideStep(2, 1, 5), InsideStep(3, 2, 6))
    made = (Step(id=1, node=3, status="completed"), Step(id=2, node=4, status="completed"))
    first = await take_over(database, source, *made, kept=[retained(2, 1, *inside, first=3)])
    rows = await rows_of(database, first)
    assert rows[0] == (1, 0, 3, "completed", 0, None, None, None)
    assert rows[1:] == [
        (2, 0, 4, "completed", 0, None, source, 1),
        (3, 2, 5, "completed", 2, {"n": 1}, source, 2),
        (4, 3, 6, "failed", 0, None, source, 3),
    ]
    again = (InsideStep(3, 2, 1), InsideStep(4, 3, 2))
    made = (Step(id=1, node=0, status="completed"),)
    second = await take_over(database, first, *made, kept=[retained(1, 2, *again, first=2)])
    assert [row[6:] for row in await rows_of(database, second)] == [(source, 1), (source, 2), (source, 3)]
    async with database.read() as connection:
        assert await kept_steps.origin_of(connection, (second, 2)) == (source, 2)
        assert await kept_steps.origin_of(connection, (source, 2)) == (source, 2)
        assert await kept_steps.jobs_running_again(connection, source, 5) == [first]
        found = await load(connection, {first: Load(former=frozenset({2, 3}))})
    assert found[first].former == {2: {"n": 1}, 3: None}


async def test_steps_whose_outputs_lack_secrets_are_known(database: Database) -> None:
    source = await add_job(database, *LOOP)
    async with database.begin() as connection:
        await execute(connection, """UPDATE steps SET output = '{"pin": "a ••••••"}' WHERE id = 3""")
    async with database.read() as connection:
        steps = await kept_steps.former_steps(connection, source)
    assert [(step.id, step.status, step.error, step.hides_secrets) for step in steps] == [
        (1, "completed", None, False),
        (2, "completed", None, False),
        (3, "failed", "broken", True),
    ]


@pytest.mark.parametrize("count", [1, 200])
async def test_steps_are_taken_over_in_two_statements_that_read_only_these(database: Database, count: int) -> None:
    """Of a source with many others."""
    steps = [Step(id=step, node=step - 1, status="completed") for step in range(1, MANY)]
    inner = [Step(id=MANY + at, node=MANY + at, parent=at + 1, status="completed") for at in range(count)]
    source = await add_job(database, *steps, *inner)
    made = [attrs.evolve(step) for step in steps[:count]]
    kept = [retained(at + 1, at + 1, InsideStep(MANY + at, at + 1, MANY + at), first=MANY + at) for at in range(count)]
    job_id = await add_job(database, source_job_id=source, restart={"failed": True, "steps": []})
    async with database.begin() as connection:
        locked = (await lock_jobs(connection, [job_id]))[job_id]
        before = await touched(connection, "steps")
        await change_in(connection, locked, *[("made", step) for step in made], retained=kept)
        await fetch(connection, "SELECT 1")
        after = await touched(connection, "steps")
    change = after - before
    assert (change.inserted, change.updated) == (2 * count, count)
    assert change.read <= 3 * count + 5
