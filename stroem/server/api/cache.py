"""Results of steps that a workspace keeps for later steps: list and clear."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.server.api.lookup import current_workspace
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.jobs.results import step_cache


@attrs.frozen(kw_only=True)
class CacheQuery(Paging):
    """Only results of jobs of this task."""

    task: str | None = None


@attrs.frozen(kw_only=True)
class ClearCache:
    """Only results of jobs of this task; without one, all."""

    task: str | None = None


@attrs.frozen(kw_only=True)
class CachedStep:
    """A step whose result is kept until `expires_at`. `hits` is the number of steps that took it."""

    job_id: uuid.UUID
    task: str
    step_name: str
    artifacts: int
    completed_at: datetime.datetime
    expires_at: datetime.datetime
    hits: int


@attrs.frozen(kw_only=True)
class CachedSteps:
    """A page of kept results, newest first. `has_more` is true if others follow."""

    items: tuple[CachedStep, ...]
    has_more: bool


@attrs.frozen(kw_only=True)
class ClearedCache:
    """The number of forgotten results."""

    cleared: int


async def list_results(request: web.Request, workspace: str, query: CacheQuery) -> CachedSteps:
    """The results of steps that a workspace keeps, newest first."""
    current_workspace(request.app, workspace)
    limit, offset = query.clamped(request)
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        rows = await step_cache.list_results(connection, workspace, query.task, limit + 1, offset)
        names = await services.names.names_of(connection, [(row.job_id, row.step) for row in rows])
    items = tuple(
        CachedStep(
            job_id=row.job_id,
            task=row.task,
            step_name=names.get((row.job_id, row.step), ""),
            artifacts=row.artifacts,
            completed_at=row.completed_at,
            expires_at=row.expires_at,
            hits=row.hits,
        )
        for row in rows[:limit]
    )
    return CachedSteps(items=items, has_more=len(rows) > limit)


async def clear(request: web.Request, workspace: str, body: ClearCache) -> ClearedCache:
    """Forgets results: the next steps of their keys run. Jobs and artifacts stay."""
    current_workspace(request.app, workspace)
    cleared = await request.app[SERVICES].step_cache.clear(workspace, body.task)
    return ClearedCache(cleared=cleared)
