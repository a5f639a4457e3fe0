"""Schedules and a backfill, while the worker, the servers and PostgreSQL are killed."""

import asyncio
import datetime
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import psycopg
import pytest
import yaml

from tests.crash.event_site import EventSite
from tests.crash.postgres import Postgres
from tests.crash.workload import WORKSPACE
from tests.support.wait import eventually

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

WORKFLOWS = """
tasks:
  tick:
    input: {at: {type: string}}
    flow: {s: {type: script, script: "true"}}
  fill:
    input: {at: {type: string}}
    flow: {s: {type: script, script: "true"}}
triggers:
  each-second: {type: scheduler, interval: 1s, catch_up: all, task: tick, input: {at: "{{ trigger.scheduled_at }}"}}
  nightly: {type: scheduler, cron: "0 3 * * *", task: fill, input: {at: "{{ trigger.scheduled_at }}"}}
"""
DAYS = 150
BACKFILL = {"start": "2025-01-01", "end": "2025-05-30", "max_active": 4}
ROUNDS = (
    ("server-0",),
    ("server-1",),
    ("postgres",),
    ("server-0", "worker"),
    ("server-0", "server-1"),
    ("postgres", "server-0", "server-1", "worker"),
)
LATEST_SECS = 2.0


class ScheduleSite(EventSite):
    """Two servers and a worker with a schedule of each second, and one for a backfill."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        super().__init__(folder, postgres, 0)
        (folder / "workspace" / ".workflows" / "main.yaml").write_text(WORKFLOWS)

    async def start_backfill(self) -> None:
        """Starts the backfill."""
        address = yaml.safe_load((self._folder / "worker.yaml").read_text())["server_url"]
        async with (
            aiohttp.ClientSession(address) as http,
            http.post(f"/api/workspaces/{WORKSPACE}/triggers/nightly/backfill", json=BACKFILL) as response,
        ):
            assert response.status == 200, await response.text()

    async def rows(self, query: str) -> Sequence[tuple[object, ...]]:
        """The rows of a query; none while PostgreSQL is down."""
        try:
            async with await psycopg.AsyncConnection.connect(self._postgres.url) as connection:
                return await (await connection.execute(query.encode())).fetchall()
        except psycopg.Error:
            return []

    async def times_of(self, task: str) -> Counter[datetime.datetime]:
        """The number of jobs of each scheduled time."""
        found = await self.rows(f"SELECT raw_input->>'at' FROM jobs WHERE task = '{task}'")
        return Counter(datetime.datetime.fromisoformat(str(row[0])) for row in found)


async def test_each_time_has_exactly_one_job(tmp_path: Path) -> None:
    chance = random.Random(19)
    async with Postgres() as postgres, ScheduleSite(tmp_path, postgres) as site:
        await eventually(lambda: site.rows("SELECT 1 FROM jobs LIMIT 1"), "a first job")
        await site.start_backfill()
        for victims in ROUNDS:
            await asyncio.sleep(chance.uniform(0, LATEST_SECS))  # the instant of the kill
            await site.kill(*chance.sample(victims, len(victims)))
        ended = "SELECT 1 FROM backfills WHERE status = 'completed'"
        await eventually(lambda: site.rows(ended), "the backfill has ended", within=240)
        filled = await site.times_of("fill")
        first = datetime.datetime(2025, 1, 1, 3, tzinfo=datetime.UTC)
        assert filled == Counter(first + datetime.timedelta(days=number) for number in range(DAYS))
        caught_up = "SELECT 1 FROM triggers WHERE name = 'each-second' AND due_at > now() - interval '1 second'"
        await eventually(lambda: site.rows(caught_up), "the schedule has caught up", within=120)
        ticks = await site.times_of("tick")
        begin, end = min(ticks), max(ticks)
        seconds = int((end - begin).total_seconds())
        assert ticks == Counter(begin + datetime.timedelta(seconds=number) for number in range(seconds + 1))
