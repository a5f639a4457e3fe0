"""Names and plans of a page of jobs, without those whose stored plan cannot be read."""

import contextlib
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import TypeVar

from aiohttp import web

from stroem.errors import PlanUnreadable
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.server.keys import SERVICES
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

K = TypeVar("K")
V = TypeVar("V")


async def names_in(app: web.Application, connection: Connection, ids: Collection[StepId]) -> dict[StepId, str]:
    """Paths of steps."""
    return await _readable(partial(app[SERVICES].names.names_of, connection), ids)


async def plans_in(
    app: web.Application, connection: Connection, job_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, JobPlan]:
    """Plans of jobs with their values. Raises NotLoaded."""
    return await _readable(partial(app[SERVICES].plans.of, connection), job_ids)


async def _readable(read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]], keys: Collection[K]) -> dict[K, V]:
    """Reads all keys together, or one by one if one of them fails."""
    try:
        return dict(await read(keys))
    except PlanUnreadable:
        found: dict[K, V] = {}
        for key in keys:
            with contextlib.suppress(PlanUnreadable):
                found |= await read([key])
        return found
