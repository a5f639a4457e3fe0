"""Lists, counts and cancels jobs."""

import datetime
import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.errors import BadRequest, Conflict
from stroem.orchestrator.operations.pauser import PauseState, pauses_of
from stroem.orchestrator.reruns.restart import first_restarted
from stroem.registry.registry import Registry
from stroem.server.http.actor import actor_of
from stroem.server.http.paging import Paging
from stroem.server.keys import REGISTRY, SERVICES
from stroem.store.jobs import jobs
from stroem.store.lists.first_import import import_lists

SOURCE_TYPES = (
    "api",
    "trigger",
    "webhook",
    "task",
    "hook",
    "user",
    "mcp",
    "agent_tool",
    "event_source",
    "retry",
    "upload",
    "rerun",
    "restart",
    "options",
)
_LONGEST_SEARCH = 200
CANCEL_WAIT_SECS = 50
"""Longest wait of a cancel request for the end of the job."""


@attrs.frozen(kw_only=True)
class JobsQuery(Paging):
    """A filter of jobs. `search` matches task, workspace, source and job id."""

    workspace: str = ""
    task_name: str = ""
    status: str = ""
    source_type: str = ""
    search: str = ""


@attrs.frozen(kw_only=True)
class JobItem:
    """A job in a list."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    mode: str
    status: str
    source_type: str
    source_id: str | None
    source_job_id: uuid.UUID | None = None
    restart_from_step: str | None = None
    revision: str | None
    created_at: datetime.datetime
    started_at: datetime.datetime | None
    completed_at: datetime.datetime | None
    retry_of_job_id: uuid.UUID | None = None
    retry_job_id: uuid.UUID | None = None
    retry_attempt: int = 0
    max_retries: int | None = None
    paused_at: datetime.datetime | None = None
    paused_by: str | None = None
    starts_at: datetime.datetime | None = None
    priority: int = 0
    waits_for: str | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class JobsPage:
    """A page of jobs, and their total number."""

    items: tuple[JobItem, ...]
    total: int


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


async def list_jobs(request: web.Request, query: JobsQuery) -> JobsPage:
    """Jobs, newest first."""
    await import_lists()
    from stroem.store.lists import job_list  # not at the start: see `import_lists`

    _check(query, request.app[REGISTRY])
    limit, offset = query.clamped(request)
    wanted = job_list.JobFilter(
        workspace=query.workspace or None,
        task=query.task_name or None,
        status=query.status or None,
        source_type=query.source_type or None,
        search=query.search or None,
        limit=limit,
        offset=offset,
    )
    async with request.app[SERVICES].database.read() as connection:
        rows, total = await job_list.list_jobs(connection, wanted)
        pauses = await pauses_of(connection, rows)
    items = tuple(_item(row, pauses.get(row.id, PauseState())) for row in rows)
    return JobsPage(items=items, total=total)


async def count_jobs(request: web.Request) -> JobCounts:
    """Counts jobs by status."""
    async with request.app[SERVICES].database.read() as connection:
        return JobCounts(**await jobs.count_by_status(connection))


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


def _check(query: JobsQuery, registry: Registry) -> None:
    if query.task_name and not query.workspace:
        raise BadRequest(message="task_name needs workspace beside it")
    if query.task_name and query.search:
        raise BadRequest(message="task_name and search exclude each other")
    if query.status and query.status not in jobs.STATUSES:
        raise BadRequest(message=f"Unknown status; known are {', '.join(jobs.STATUSES)}")
    if query.source_type and query.source_type not in SOURCE_TYPES:
        kind = registry.trigger_types.get(query.source_type)
        meant = f"; jobs of triggers of type {kind.name} have {kind.source_type!r}" if kind else ""
        raise BadRequest(message=f"Unknown source_type{meant}; known are {', '.join(SOURCE_TYPES)}")
    if len(query.search.encode()) > _LONGEST_SEARCH:
        raise BadRequest(message=f"search is longer than {_LONGEST_SEARCH} bytes")
    if any("\x00" in text for text in (query.workspace, query.task_name, query.search)):
        raise BadRequest(message="The query holds a NUL character")


def _item(row: jobs.JobRow, pause: PauseState) -> JobItem:
    return JobItem(
        job_id=row.id,
        workspace=row.workspace,
        task_name=row.task,
        mode=row.mode,
        status=row.status,
        source_type=row.source_type,
        source_id=row.source_id,
        source_job_id=row.source_job_id,
        restart_from_step=first_restarted(row.restart),
        revision=row.revision,
        created_at=row.created_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        paused_at=pause.paused_at,
        paused_by=pause.paused_by,
        retry_of_job_id=row.retry_of,
        retry_job_id=row.retry_job,
        retry_attempt=row.retry_attempt,
        max_retries=row.max_retries,
        starts_at=row.starts_at,
        priority=row.priority,
        waits_for=row.waits_for,
    )
