"""Every fault at every point of small jobs: after each, the job ends well, and nothing is left over."""

import itertools
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import psycopg
import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.store.statement import execute
from tests.orchestrator.conftest import RELEASE, keep
from tests.orchestrator.model.cases import CASES
from tests.orchestrator.model.invariants import broken, end_of
from tests.orchestrator.model.points import counted_database
from tests.orchestrator.model.replay import differences, history_of, states_of
from tests.orchestrator.model.world import Ground, World

HARMLESS = ("cut", "crash", "answer", "jobs", "claim")
"""Faults after which a job must end as if there had been none."""
KINDS = (*HARMLESS, "cancel", "lose", "forget")
MOST_POINTS = 400
MORE_POINTS = 12
"""Points that a first fault adds to a run."""
PAIRS = 40
"""Pairs of faults that are tried with each case."""
CHANGED = (
    "jobs", "steps", "attempts", "history", "messages", "slots", "slot_keys", "slot_line", "slot_uses", "workers",
    "job_tallies", "log_heads", "log_chunks", "log_segments", "events",
)  # fmt: skip
"""Tables that runs write to. They are emptied before each."""


@pytest.fixture
async def ground(database_url: str, tmp_path: Path) -> AsyncIterator[Ground]:
    async with (
        counted_database(database_url) as database,
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as monitor,
    ):
        ground = Ground(
            database=database, blobs=BlobStore((tmp_path / "blobs").as_uri()), release=RELEASE, monitor=monitor
        )
        await keep(ground.services(), RELEASE)
        yield ground
        deadlocks = await (
            await monitor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        ).fetchone()
        assert deadlocks == (0,)


async def check(ground: Ground, name: str, strikes: Mapping[int, str]) -> tuple[World, list[str]]:
    """Runs a case with faults; what does not hold at its end."""
    async with ground.database.read() as connection:
        await execute(connection, "; ".join(f"DELETE FROM {table}" for table in CHANGED))
    case = CASES[name]
    world = World(ground, name, case, strikes)
    try:
        await world.run()
    except Exception as error:
        return world, [f"{type(error).__name__}: {error}"]
    assert world.job_id is not None
    end = await end_of(ground.database, ground.services().logs, world.job_id)
    ends = case.ends if set(strikes.values()) <= set(HARMLESS) else None
    return world, [*broken(end, world.runs, ends=ends, followers=case.followers)]


@pytest.mark.parametrize("name", CASES)
async def test_a_job_without_faults(ground: Ground, name: str) -> None:
    world, problems = await check(ground, name, {})
    assert problems == []
    assert world.points.passed < MOST_POINTS


@pytest.mark.parametrize("name", CASES)
async def test_the_history_replays_to_the_rows_at_any_time(ground: Ground, name: str) -> None:
    seen = []

    async def compare(job_id: uuid.UUID) -> None:
        async with ground.database.read() as connection:
            history, states = await history_of(connection, job_id), await states_of(connection, job_id)
        assert differences(history, states) == []
        seen.append(states)

    await World(ground, name, CASES[name], {}).run(after_round=compare)
    assert len(seen) > 1


async def test_a_cut_at_each_point_of_one_step(ground: Ground) -> None:
    assert await faults_of(ground, "one step", ("cut",)) == {}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.slow("large data or many rounds")
async def test_one_fault_at_each_point(ground: Ground, name: str) -> None:
    assert await faults_of(ground, name, KINDS) == {}


async def faults_of(ground: Ground, name: str, kinds: Sequence[str]) -> dict[str, list[str]]:
    """Invariants broken by one fault at each point, by fault."""
    found: dict[str, list[str]] = {}
    for kind in kinds:
        for at in range(MOST_POINTS):
            world, problems = await check(ground, name, {at: kind})
            if problems:
                found[f"{kind} at {at}"] = problems
            if not world.points.struck:
                break
    return found


@pytest.mark.parametrize("name", CASES)
@pytest.mark.slow("large data or many rounds")
async def test_two_faults(ground: Ground, name: str) -> None:
    """Evenly spread over all pairs of faults and points."""
    world, _ = await check(ground, name, {})
    points = itertools.combinations(range(world.points.passed + MORE_POINTS), 2)
    pairs = [*itertools.product(points, itertools.product(KINDS, repeat=2))]
    stride = len(pairs) // PAIRS | 1  # odd: all pairs of kinds are met
    found = {}
    for (first, second), (kind, other) in pairs[::stride]:
        _, problems = await check(ground, name, {first: kind, second: other})
        if problems:
            found[f"{kind} at {first}, {other} at {second}"] = problems
    assert found == {}
