"""Lists jobs."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.orchestrator.operations.pauser import PauseState, pauses_of
from stroem.orchestrator.reruns.restart import first_restarted
from stroem.server.api.jobs.job_filters import JobFilterFields, job_filter
from stroem.server.api.jobs.job_summaries import JobSummary, summaries_of
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.rights.visible_source import visible_source
from stroem.server.http.cursors import read_cursor, read_time, write_cursor
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs
from stroem.store.lists.first_import import import_lists


@attrs.frozen(kw_only=True)
class JobsQuery(JobFilterFields):
    """A filter of jobs, and a page of `limit` jobs: behind the page with the `next_cursor` `cursor`, after `offset`."""

    limit: int = 50
    offset: int = 0
    cursor: str = ""


@attrs.frozen(kw_only=True)
class JobItem(JobSummary):
    """A job in a list, with its summary. `duration_ms` is the time from its start to its end."""

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
    duration_ms: float | None = None
    retry_of_job_id: uuid.UUID | None = None
    retry_job_id: uuid.UUID | None = None
    retry_attempt: int = 0
    max_retries: int | None = None
    paused_at: datetime.datetime | None = None
    paused_by: str | None = None
    starts_at: datetime.datetime | None = None
    priority: int = 0


@attrs.frozen(kw_only=True)
class JobsPage:
    """A page of jobs, and their total number, counted up to 10,000 or the end of the page.

    `total_is_lower_bound`: there may be more than `total`. `next_cursor` is absent from the last page.
    """

    items: tuple[JobItem, ...]
    total: int
    total_is_lower_bound: bool | None = attrs.field(default=None, metadata=ABSENT)
    next_cursor: str | None = attrs.field(default=None, metadata=ABSENT)


async def list_jobs(request: web.Request, query: JobsQuery) -> JobsPage:
    """Jobs, newest first."""
    await import_lists()
    from stroem.store.lists import job_list  # not at the start: see `import_lists`

    wanted = job_filter(request, query)
    limit, offset = Paging(limit=query.limit, offset=query.offset).clamped(request)
    after = read_cursor(query.cursor, _position) if query.cursor else None
    async with request.app[SERVICES].database.read() as connection:
        page = await job_list.list_jobs(connection, wanted, limit=limit, offset=offset, after=after)
        pauses = await pauses_of(connection, page.rows)
    reach = reach_for(request, "job.read")
    summaries = await summaries_of(request, page.rows, pauses)
    return JobsPage(
        items=tuple(
            _item(
                row,
                pauses.get(row.id, PauseState()),
                summaries[row.id],
                visible_source(row.source_type, row.source_id, row.workspace, reach),
            )
            for row in page.rows
        ),
        total=page.total,
        total_is_lower_bound=page.is_lower_bound or None,
        next_cursor=write_cursor(page.rows[-1].created_at, page.rows[-1].id) if page.has_more else None,
    )


def _position(text: str) -> tuple[datetime.datetime, uuid.UUID]:
    at, job_id = text.split("\n")
    return read_time(at), uuid.UUID(job_id)


def _item(row: jobs.JobRow, pause: PauseState, summary: JobSummary, source_id: str | None) -> JobItem:
    took = None if row.started_at is None or row.completed_at is None else row.completed_at - row.started_at
    return JobItem(
        job_id=row.id,
        workspace=row.workspace,
        task_name=row.task,
        mode=row.mode,
        status=row.status,
        source_type=row.source_type,
        source_id=source_id,
        source_job_id=row.source_job_id,
        restart_from_step=first_restarted(row.restart),
        revision=row.revision,
        created_at=row.created_at,
        started_at=row.started_at,
        completed_at=row.completed_at,
        duration_ms=None if took is None else round(took.total_seconds() * 1000, 3),
        paused_at=pause.paused_at,
        paused_by=pause.paused_by,
        retry_of_job_id=row.retry_of,
        retry_job_id=row.retry_job,
        retry_attempt=row.retry_attempt,
        max_retries=row.max_retries,
        starts_at=row.starts_at,
        priority=row.priority,
        **attrs.asdict(summary),
    )
