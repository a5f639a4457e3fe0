"""Everything is killed again and again under load, over a network that loses answers, and every job is accounted for.

STROEM_CRASH_SEED repeats a run as far as chance allows, STROEM_CRASH_ROUNDS makes a long one.
"""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.crash.audit import Told, audit
from tests.crash.books import open_jobs, read_books, seal_at_once, unsealed_logs
from tests.crash.chaos import Chaos
from tests.crash.load import Load
from tests.crash.postgres import Postgres
from tests.crash.processes import step_processes
from tests.crash.proxy import Proxy
from tests.crash.site import Site
from tests.support.programs import free_port
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

ROUNDS = int(os.environ.get("STROEM_CRASH_ROUNDS", "7"))
SEED = int(os.environ.get("STROEM_CRASH_SEED", random.randrange(1_000_000)))
CLIENTS = 4
JOBS_A_SECOND = 35
DRAIN_SECS = 60
LOST_ANSWERS = 0.05


async def test_nothing_is_lost_and_nothing_is_recorded_twice(tmp_path: Path) -> None:
    print(f"STROEM_CRASH_SEED={SEED} STROEM_CRASH_ROUNDS={ROUNDS}")
    async with Postgres() as postgres, lossy_site(tmp_path, postgres.url) as site:
        load, chaos = Load(site, SEED), Chaos(site, postgres, SEED)
        try:
            await _under_load(load, chaos)
        finally:
            print("killed:", ", ".join(chaos.log))
        await _settled(site)
        books = await read_books(site.database_url)
        print(f"{len(load.accepted)} jobs accepted of {len(load.asked)}, ended: {dict(books.tallies)}")
        wrong = await audit(site, books, Told(asked=load.asked, accepted=load.accepted, kills=chaos.kills))
        assert not wrong, f"{len(wrong)} problems:\n" + "\n".join(wrong[:20])
        held = {step.worker_id for steps in books.steps.values() for step in steps if step.worker_id}
        assert held <= {*chaos.kills, chaos.worker_id()}
        await _stopped(site)


@asynccontextmanager
async def lossy_site(folder: Path, database_url: str) -> AsyncIterator[Site]:
    """A site that is up, whose worker does not get all answers."""
    port, chance = free_port(), random.Random(SEED)
    site = Site(folder, database_url, worker_sees=f"http://127.0.0.1:{port}")
    proxy = Proxy(site.port)
    proxy.loses = lambda asked, answered: chance.random() < LOST_ANSWERS
    async with proxy.on(port), site:
        await site.up()
        yield site
    print(f"{proxy.lost} answers to the worker were lost")


async def _under_load(load: Load, chaos: Chaos) -> None:
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(load.run(CLIENTS, JOBS_A_SECOND))
        await chaos.run(ROUNDS)
        asking.cancel()


async def _settled(site: Site) -> None:
    """Every job has ended and every line is sealed."""

    async def all_ended() -> bool:
        return await open_jobs(site.database_url) == 0

    async def all_sealed() -> bool:
        return await unsealed_logs(site.database_url) == 0

    await eventually(all_ended, "every job has ended", within=DRAIN_SECS)
    await seal_at_once(site.database_url)
    await eventually(all_sealed, "every line is sealed")


async def _stopped(site: Site) -> None:
    """Both stop in good order and leave nothing behind."""
    site.worker.ask_to_stop()
    assert await site.worker.exit_code() == 0
    site.server.ask_to_stop()
    assert await site.server.exit_code() == 0
    assert step_processes(site.worker_data) == []
    for name in ("steps", "spool"):
        assert list((site.worker_data / name).iterdir()) == []
