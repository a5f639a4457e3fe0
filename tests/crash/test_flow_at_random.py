"""Servers and workers are killed at random while jobs loop, repeat, wait, start one another and share slots.

STROEM_CRASH_SEED repeats a run as far as chance allows, STROEM_CRASH_ROUNDS makes a long one.
"""

import asyncio
import os
import random
from pathlib import Path

import pytest

from tests.crash.books import leases, open_jobs
from tests.crash.cluster import Cluster
from tests.crash.flow_audit import FlowTold, audit
from tests.crash.flow_books import read_flow_books
from tests.crash.flow_load import FlowLoad
from tests.crash.flow_workload import FlowOrder
from tests.crash.people import People
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

ROUNDS = int(os.environ.get("STROEM_CRASH_ROUNDS", "6"))
SEED = int(os.environ.get("STROEM_CRASH_SEED", random.randrange(1_000_000)))
JOBS_A_SECOND = 4
LATEST_SECS = 2.0
DRAIN_SECS = 180
AGAIN = 0.25
"""How likely it is that what has just been started is killed while it starts."""


async def test_loops_hooks_retries_and_state_survive_kills(tmp_path: Path, database_url: str) -> None:
    print(f"STROEM_CRASH_SEED={SEED} STROEM_CRASH_ROUNDS={ROUNDS}")
    chance = random.Random(SEED)
    async with Cluster(tmp_path, database_url, chance) as cluster:
        people = People(cluster, chance)
        load = FlowLoad(cluster, chance, people)
        async with asyncio.TaskGroup() as group:
            answers = group.create_task(people.run())
            orders = group.create_task(load.run(JOBS_A_SECOND))
            away = await kill_at_random(cluster, chance)
            orders.cancel()
            people.pauses = False
            await ended(cluster)
            await cluster.programs[away].up()
            assert await load.ask(FlowOrder(number=0, task="count"))
            await ended(cluster)
            answers.cancel()
        books = await read_flow_books(cluster)
        print(f"{len(load.accepted)} jobs accepted of {len(load.asked)}, {len(load.reruns)} run again")
        print(f"ended: {books.statuses()}")
        told = FlowTold(
            asked=load.asked,
            accepted=load.accepted,
            reruns=load.reruns,
            cancelled=load.cancelled,
            kills=cluster.kills,
        )
        wrong = audit(books, told, cluster.journal)
        assert not wrong, f"{len(wrong)} problems:\n" + "\n".join(wrong[:20])
        await cluster.stop()
        await eventually(lambda: no_leases(database_url), "all leases are over")


async def kill_at_random(cluster: Cluster, chance: random.Random) -> str:
    """One or two processes in each round. One worker stays away, so that its lease expires; returns its name."""
    away = chance.choice(cluster.workers)
    await asyncio.sleep(chance.uniform(0, LATEST_SECS))
    await cluster.kill(away)
    print("killed for long:", away)
    for _ in range(ROUNDS):
        await asyncio.sleep(chance.uniform(0, LATEST_SECS))
        victims = chance.sample([name for name in cluster.programs if name != away], chance.choice((1, 1, 2)))
        again = [name for name in victims if chance.random() < AGAIN]
        print("killed:", *victims, *(f"({name} again)" for name in again))
        for name in victims:
            await cluster.kill(name)
        await asyncio.sleep(chance.choice((0, 0.5)))
        for name in again:
            await cluster.programs[name].start()
            await asyncio.sleep(chance.uniform(0, 1))
            await cluster.kill(name)
        await asyncio.gather(*(cluster.programs[name].up() for name in victims))
    return away


async def ended(cluster: Cluster) -> None:
    """Waits until every job has ended."""

    async def all_ended() -> bool:
        return await open_jobs(cluster.database_url) == 0

    await eventually(all_ended, "every job has ended", within=DRAIN_SECS)


async def no_leases(database_url: str) -> bool:
    return await leases(database_url) == 0
