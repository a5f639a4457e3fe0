"""Numbered events of a consumer, while the worker, the servers and PostgreSQL are killed."""

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.event_site import EventSite
from tests.crash.postgres import Postgres

pytestmark = pytest.mark.slow("kills programs, PostgreSQL and connections")

EVENTS = 500
MOST_LIVE = 8
ROUNDS = (
    ("worker",),
    ("server-0",),
    ("postgres",),
    ("server-1",),
    ("worker", "server-0"),
    ("postgres", "worker"),
    ("postgres", "server-0", "server-1", "worker"),
)
LATEST_SECS = 2.0


async def test_each_event_has_exactly_one_job(tmp_path: Path) -> None:
    """The consumer keeps nothing: it goes on behind the last event that has a job."""
    chance = random.Random(17)
    async with Postgres() as postgres, EventSite(tmp_path, postgres, EVENTS, max_in_flight=MOST_LIVE) as site:
        await site.has_jobs(10)
        for victims in ROUNDS:
            await asyncio.sleep(chance.uniform(0, LATEST_SECS))  # the instant of the kill
            await site.kill(*chance.sample(victims, len(victims)))
            assert await site.live_jobs() <= MOST_LIVE
        await site.has_jobs(EVENTS)
        assert await site.jobs_by_number() == Counter(range(1, EVENTS + 1))
        assert len(await site.consumers()) == 1
