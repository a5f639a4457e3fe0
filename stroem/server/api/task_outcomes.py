"""Last outcomes of all tasks."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.rights.reach import is_reached
from stroem.server.api.lookup import check_visible, current_definitions, current_workspace
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.paging import clamp
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.jobs.summaries.task_outcomes import TaskOutcomes, outcomes_of

_MOST = 5000


@attrs.frozen(kw_only=True)
class TaskOutcomesQuery:
    """Tasks of a workspace or of all, in the order of their names: `limit` (1 to 5,000) after `offset`."""

    workspace: str = ""
    limit: int = 1000
    offset: int = 0


@attrs.frozen(kw_only=True)
class RecentJob:
    """A job of a task. `duration_ms` is the time from its start to its end."""

    job_id: uuid.UUID
    status: str
    duration_ms: float | None


@attrs.frozen(kw_only=True)
class TaskOutcomesItem:
    """The last jobs of a task: at most 20, newest first; the others summarize the last 50.

    `success_rate` is the part of completed jobs among those that completed or failed, from 0 to 1. `p50_ms` and
    `p95_ms` are of those that completed, without those that kept steps of others. `last_at` is the time of creation of
    the newest job.
    """

    workspace: str
    task_name: str
    recent: tuple[RecentJob, ...] = ()
    completed: int = 0
    failed: int = 0
    success_rate: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    last_at: datetime.datetime | None = None


@attrs.frozen(kw_only=True)
class TaskOutcomesPage:
    """A page of tasks, and their total number."""

    items: tuple[TaskOutcomesItem, ...]
    total: int


async def get(request: web.Request, query: TaskOutcomesQuery) -> TaskOutcomesPage:
    """Last outcomes, success rates and durations of all tasks."""
    if query.workspace:
        check_visible(request, query.workspace)
        names = [(query.workspace, task) for task in current_definitions(request.app, query.workspace).tasks]
    else:
        found = {one.name: current_workspace(request.app, one.name) for one in request.app[CATALOG].workspaces()}
        names = [(name, task) for name, one in found.items() if one.definitions for task in one.definitions.tasks]
    reach = reach_for(request, "job.read")
    names = [name for name in names if is_reached(reach, *name)]
    first = clamp(query.offset, 0, len(names))
    page = sorted(names)[first : first + clamp(query.limit, 1, _MOST)]
    async with request.app[SERVICES].database.read() as connection:
        outcomes = await outcomes_of(connection, page)
    return TaskOutcomesPage(items=tuple(_item(*name, outcomes.get(name)) for name in page), total=len(names))


def _item(workspace: str, task: str, found: TaskOutcomes | None) -> TaskOutcomesItem:
    if found is None:
        return TaskOutcomesItem(workspace=workspace, task_name=task)
    ended = found.completed + found.failed
    return TaskOutcomesItem(
        workspace=workspace,
        task_name=task,
        recent=tuple(RecentJob(**{**one, "job_id": uuid.UUID(one["job_id"])}) for one in found.recent),
        completed=found.completed,
        failed=found.failed,
        success_rate=found.completed / ended if ended else None,
        p50_ms=found.p50_ms,
        p95_ms=found.p95_ms,
        last_at=found.last_at,
    )
