"""Statements read few rows of large jobs, although they were planned while the tables were empty."""

import uuid
from collections.abc import Awaitable, Callable

import pytest

from stroem.engine.changes import Collect
from stroem.engine.requests import Load
from stroem.engine.values.state import Step
from stroem.store.database import Database
from stroem.store.jobs import places, steps
from stroem.store.jobs.load import load
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.statement import Connection
from tests.store.counters import touched
from tests.store.jobs.rows import add_job, change_in

MANY = 2000
LOADS = {
    "ids": Load(ids=frozenset({7})),
    "addresses": Load(addresses=frozenset({(0, 6, 0)})),
    "waiting": Load(waiting=frozenset({"signal:go"})),
    "outputs": Load(outputs=frozenset({(0, 6)})),
    "collected": Load(collected=frozenset({5})),
    "visits": Load(visits=frozenset({(0, 6)})),
    "inside": Load(inside=frozenset({5})),
    "together": Load(ids=frozenset({7}), addresses=frozenset({(0, 6, 0)}), outputs=frozenset({(0, 6)})),
}

Use = Callable[[Connection, uuid.UUID], Awaitable[object]]


def loading(wanted: Load) -> Use:
    return lambda connection, job_id: load(connection, {job_id: wanted})


async def end_one(connection: Connection, job_id: uuid.UUID) -> None:
    locked = (await lock_jobs(connection, [job_id]))[job_id]
    await change_in(
        connection,
        locked,
        ("completed", Step(id=7, node=6, status="completed")),
        collects=[Collect(step=7, how=how, nodes={3: "x"}, source=5) for how in ("map",)],
    )


USES: dict[str, Use] = {
    **{name: loading(wanted) for name, wanted in LOADS.items()},
    "apply": end_one,
    "inputs": lambda connection, job_id: steps.store_inputs(connection, {(job_id, 7): b"1"}),
    "ids_at": lambda connection, job_id: places.ids_at(connection, [(job_id, 0, 6, 0)]),
    "addresses_of": lambda connection, job_id: places.addresses_of(connection, [(job_id, 7)]),
}


@pytest.mark.parametrize("name", USES)
async def test_a_statement_reads_few_rows_of_a_large_job(database: Database, name: str) -> None:
    small, large = await add_job(database, *_steps(7)), await add_job(database)
    async with database.begin() as connection:
        for _ in range(4):  # after which it is prepared, with a plan that is kept
            await USES[name](connection, small)
        await change_in(
            connection, (await lock_jobs(connection, [large]))[large], *[("made", step) for step in _steps(MANY)]
        )
        before = await touched(connection, "steps")
        await USES[name](connection, large)
        read = (await touched(connection, "steps") - before).read
    assert read <= 20


def _steps(count: int) -> list[Step]:
    return [Step(id=step, node=step - 1, status="completed") for step in range(1, count + 1)]
