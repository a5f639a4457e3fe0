"""Counts and cancels jobs."""

import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.errors import Conflict
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.actor import actor_of
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs

CANCEL_WAIT_SECS = 50
"""Longest wait of a cancel request for the end of the job."""


@attrs.frozen(kw_only=True)
class JobCounts:
    """Number of jobs by status."""

    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    skipped: int


@attrs.frozen(kw_only=True)
class CancelQuery:
    """`wait` delays the response until the job has ended, at most 50 seconds."""

    wait: bool = False


@attrs.frozen(kw_only=True)
class Cancelled:
    """The job is being cancelled. With `wait`, `job_status` is its status now: `running` if it has not ended yet."""

    status: Literal["cancelled"] = "cancelled"
    job_status: str | None = attrs.field(default=None, metadata=ABSENT)


async def count_jobs(request: web.Request) -> JobCounts:
    """Counts jobs by status."""
    async with request.app[SERVICES].database.read() as connection:
        return JobCounts(**await jobs.count_by_status(connection, reach_for(request, "job.read")))


async def cancel(request: web.Request, job_id: uuid.UUID, query: CancelQuery) -> Cancelled:
    """Cancels a job: its waiting steps now, its running steps when their workers receive the request."""
    canceller = request.app[SERVICES].canceller
    try:
        await canceller.cancel(job_id, actor=actor_of(request))
    except Conflict:
        if not query.wait or await canceller.wait_for_end(job_id, 0) != "cancelled":
            raise
    if not query.wait:
        return Cancelled()
    return Cancelled(job_status=await canceller.wait_for_end(job_id, CANCEL_WAIT_SECS))
