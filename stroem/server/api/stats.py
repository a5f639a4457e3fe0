"""How many jobs there are."""

import attrs
from aiohttp import web

from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs


@attrs.frozen(kw_only=True)
class JobCounts:
    """How many jobs are in each state."""

    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    skipped: int


async def count_jobs(request: web.Request) -> JobCounts:
    """How many jobs are in each state."""
    async with request.app[SERVICES].database.read() as connection:
        return JobCounts(**await jobs.count_by_status(connection))
