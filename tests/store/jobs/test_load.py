"""Rows that the engine asks for, on SQL alone."""

import asyncio
import contextlib
import uuid
from collections.abc import Iterable

import attrs
import pytest

from stroem.engine.requests import EndedStep, Load, NodeResult
from stroem.engine.values.state import CLOSING, SCOPE, Step
from stroem.store.database import Database
from stroem.store.jobs import messages
from stroem.store.jobs.load import load
from stroem.store.jobs.locked_jobs import lock_jobs
from stroem.store.jobs.messages import NewMessage
from tests.store.jobs.rows import add_job, add_worker, change, claim, claim_alone, ready, waiting


def ids(steps: Iterable[Step]) -> list[int]:
    return sorted(step.id for step in steps)


async def test_a_step_reads_as_it_was_written(database: Database) -> None:
    step = Step(
        id=3, node=7, parent=2, item=1, status="suspended", waits_for="signal:go", unmet=1, taken=2, barred=3, open=4,
        failed=5, first=6, total=7, begun=8, attempt=9, timeout=10, worker_id=uuid.uuid4(), cancel_requested=True,
        value=[None, {"n": 2**63 - 1}], context={"a": {}}, error="no",
    )  # fmt: skip
    job_id = await add_job(database, step)
    async with database.read() as connection:
        by_id = (await load(connection, {job_id: Load(ids=frozenset({3, 4}))}))[job_id]
        by_address = (await load(connection, {job_id: Load(addresses=frozenset({(2, 7, 1), (2, 7, 0)}))}))[job_id]
    assert list(by_id.steps) == list(by_address.steps) == [step]


async def test_many_jobs_and_all_kinds_are_read_at_once(database: Database) -> None:
    one, other = await add_job(database, ready(1), ready(2)), await add_job(database, ready(1))
    async with database.begin() as connection:
        await messages.send(connection, [NewMessage(job_id=one, kind="signal:go", payload=[1], actor="ada")])
        await connection.execute("UPDATE messages SET held = true")
        rows = await load(
            connection,
            {
                one: Load(
                    ids=frozenset({1}), addresses=frozenset({(0, 0, 0), (0, 1, 0)}), outputs=frozenset({(0, 0)}),
                    signals=frozenset({"go", "stop"}),
                ),
                other: Load(ids=frozenset({1})),
            },
        )  # fmt: skip
    assert ids(rows[one].steps) == [1, 2]
    assert ids(rows[other].steps) == [1]
    (signal,) = rows[one].signals
    assert (signal.name, signal.payload, signal.actor) == ("go", [1], "ada")
    assert rows[one].outputs == {}


async def test_the_output_of_a_node_is_that_of_its_last_visit_that_ended(database: Database) -> None:
    job_id = await add_job(
        database,
        Step(id=1, node=0, item=0, status="completed"),
        Step(id=2, node=0, item=1, status="running"),
        Step(id=3, node=0, item=2, status="suspended"),
        Step(id=4, node=1, status="failed", error="no"),
    )
    done = Step(id=2, node=0, item=1, status="completed")
    await change(database, job_id, ("running", done), extra={"outputs": {2: ('{"a":"***"}', '{"a":"b"}')}})
    async with database.read() as connection:
        wanted = Load(outputs=frozenset({(0, 0), (0, 1), (0, 2)}))
        rows = (await load(connection, {job_id: wanted}))[job_id]
    assert rows.outputs == {
        (0, 0): NodeResult(status="completed", output={"a": "b"}),
        (0, 1): NodeResult(status="failed", error="no"),
    }


async def test_visits_of_a_node_are_counted(database: Database) -> None:
    job_id = await add_job(database, *[Step(id=step, node=3, item=step - 1) for step in (1, 2, 3)])
    async with database.read() as connection:
        rows = (await load(connection, {job_id: Load(visits=frozenset({(0, 3), (0, 4)}))}))[job_id]
    assert rows.visits == {(0, 3): 3}


async def test_ended_steps_inside_a_scope_with_their_outputs(database: Database) -> None:
    steps = [Step(id=step, node=3, parent=9, item=step - 1, status="running") for step in (1, 2, 3)]
    job_id = await add_job(database, *steps)
    ended = [attrs.evolve(step, status="completed") for step in steps[:2]]
    outputs = {2: ('"***"', '"secret"')}
    await change(database, job_id, *[("running", step) for step in ended], extra={"outputs": outputs})
    async with database.read() as connection:
        rows = (await load(connection, {job_id: Load(collected=frozenset({9}))}))[job_id]
    assert sorted(rows.collected[9], key=lambda one: one.id) == [
        EndedStep(id=1, node=3, item=0),
        EndedStep(id=2, node=3, item=1, output="secret"),
    ]


@pytest.mark.parametrize(
    ("waits_for", "status"), [("signal:go", "suspended"), ("pause", "pending"), ("worker", "pending")]
)
async def test_steps_that_wait_for_the_same(database: Database, waits_for: str, status: str) -> None:
    job_id = await add_job(
        database,
        Step(id=1, node=0, status=status, waits_for=waits_for),
        waiting(2),
        Step(id=3, node=2, status="suspended", waits_for="signal:stop"),
    )
    async with database.read() as connection:
        rows = (await load(connection, {job_id: Load(waiting=frozenset({waits_for}))}))[job_id]
    assert ids(rows.steps) == [1]


async def test_open_steps_inside_a_scope(database: Database) -> None:
    job_id = await add_job(
        database,
        Step(id=1, node=0, status="running", waits_for=SCOPE),
        Step(id=2, node=1, parent=1, status="running", waits_for=CLOSING),
        Step(id=3, node=2, parent=2, status="ready"),
        Step(id=4, node=3, parent=2, status="completed"),
        Step(id=5, node=4, status="suspended"),
        waiting(6),
    )
    async with database.begin() as connection:
        found = {
            scope: ids((await load(connection, {job_id: Load(inside=frozenset({scope}))}))[job_id].steps)
            for scope in (0, 1, 2)
        }
        both = await load(connection, {job_id: Load(ids=frozenset({2}), inside=frozenset({2}))})
    assert found == {0: [1, 2, 3, 5, 6], 1: [2, 3], 2: [3]}
    assert ids(both[job_id].steps) == [2, 3]


async def test_ready_steps_inside_cannot_be_claimed_any_more(database: Database) -> None:
    job_id = await add_job(database, ready(1), ready(2))
    worker_id = await add_worker(database)
    claiming = contextlib.AsyncExitStack()
    async with database.begin() as connection:
        await lock_jobs(connection, [job_id])
        await claim(await claiming.enter_async_context(database.begin()), worker_id, limit=1)
        reading = asyncio.create_task(load(connection, {job_id: Load(inside=frozenset({0}))}))
        await asyncio.wait([reading], timeout=0.1)
        waits = not reading.done()
        await claiming.aclose()
        rows = (await reading)[job_id]
        assert waits  # for the end of the claim
        assert {step.id: step.status for step in rows.steps} == {1: "running", 2: "ready"}
        assert await claim_alone(database, worker_id) == ()
