"""Servers and workers are killed at random while triggers fire: schedules, outcomes of jobs, files of a folder.

STROEM_CRASH_SEED repeats a run as far as chance allows, STROEM_CRASH_ROUNDS makes a long one.
"""

import asyncio
import random
from pathlib import Path

import psycopg
import pytest

from tests.crash.books import open_jobs
from tests.crash.cluster import Cluster
from tests.crash.test_flow_at_random import ROUNDS, SEED, kill_at_random
from tests.crash.trigger_audit import audit, read_trigger_books
from tests.crash.trigger_workload import TICKING, write_triggers
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

FILES_A_SECOND = 3
DRAIN_SECS = 240


async def test_each_event_fires_once_whoever_is_killed(tmp_path: Path, database_url: str) -> None:
    print(f"STROEM_CRASH_SEED={SEED} STROEM_CRASH_ROUNDS={ROUNDS}")
    chance = random.Random(SEED)
    cluster = Cluster(tmp_path, database_url, chance)
    inbox, files = tmp_path / "inbox", list[str]()
    write_triggers(tmp_path / "workspace", cluster.journal, inbox, ticks=True)
    async with cluster:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(_write(inbox, files))
            away = await kill_at_random(cluster, chance)
            writing.cancel()
        await cluster.programs[away].up()
        write_triggers(tmp_path / "workspace", cluster.journal, inbox, ticks=False)
        await eventually(lambda: _stopped(database_url), "no schedule fires any more", within=DRAIN_SECS)
        await eventually(lambda: _settled(database_url, len(files)), "all has ended", within=DRAIN_SECS)
        books = await read_trigger_books(database_url)
        print({task: len(jobs) for task, jobs in books.jobs.items()}, f"{len(files)} files")
        assert len(books.jobs["tick"]) > len(TICKING)
        assert files
        wrong = audit(books, cluster.journal, files)
        assert not wrong, f"{len(wrong)} problems:\n" + "\n".join(wrong[:20])
        await cluster.stop()


async def _write(inbox: Path, files: list[str]) -> None:
    """Puts files into a folder until cancelled."""
    while True:
        name = f"{len(files)}.csv"
        (inbox / name).write_text(name)
        files.append(name)
        await asyncio.sleep(1 / FILES_A_SECOND)


async def _stopped(database_url: str) -> bool:
    query = "SELECT count(*) FROM triggers WHERE form = 'time' AND enabled"
    return await _count(database_url, query) == 0


async def _settled(database_url: str, files: int) -> bool:
    """Whether every job has ended, every end is heard, and every file was seen."""
    stored = await _count(database_url, "SELECT count(*) FROM trigger_fires WHERE trigger = 'inbox'")
    unheard = await _count(database_url, "SELECT count(*) FROM job_outcomes")
    return stored >= files and unheard == 0 and await open_jobs(database_url) == 0


async def _count(database_url: str, query: str) -> int:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        row = await (await connection.execute(query)).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])
