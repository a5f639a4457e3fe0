"""Durations of tasks and steps."""

import datetime
import uuid
from collections.abc import Iterable, Sequence

import attrs
from aiohttp import web

from stroem.interfaces.nodes import ROOT
from stroem.server.api.lookup import current_task
from stroem.server.http.paging import clamp
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs, step_queries

_MOST = 500


@attrs.frozen(kw_only=True)
class StatsQuery:
    """`limit` is the number of last completed jobs, 1 to 500."""

    limit: int = 50


@attrs.frozen(kw_only=True)
class Run:
    """A completed job."""

    job_id: uuid.UUID
    duration_ms: float
    completed_at: datetime.datetime


@attrs.frozen(kw_only=True)
class TaskDurations:
    """Durations of jobs, in milliseconds; null without a job."""

    sample_size: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    min_ms: float | None
    max_ms: float | None
    recent: tuple[Run, ...]


@attrs.frozen(kw_only=True)
class StepDurations:
    """Durations of one step, in milliseconds."""

    step_name: str
    sample_size: int
    avg_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    min_ms: float | None
    max_ms: float | None


@attrs.frozen(kw_only=True)
class TaskStats:
    """Durations of the last `window` completed jobs of a task, without those that kept steps of others."""

    window: int
    task: TaskDurations
    steps: tuple[StepDurations, ...]


async def get(request: web.Request, workspace: str, task: str, query: StatsQuery) -> TaskStats:
    """Durations of the last completed jobs of a task and of their steps."""
    current_task(request.app, workspace, task)
    window = clamp(query.limit, 1, _MOST)
    async with request.app[SERVICES].database.read() as connection:
        found = await jobs.durations(connection, workspace, task, window)
        ids = [job_id for job_id, _, _ in found]
        times = await step_queries.step_times(connection, ids)
        facts = await jobs.facts_of(connection, ids)
        plan_cache = request.app[SERVICES].plan_cache
        plans = {one.plan: await plan_cache.get(connection, one.plan) for one in facts.values()}
    runs = tuple(
        Run(job_id=job_id, duration_ms=_milliseconds(start, end), completed_at=end) for job_id, start, end in found
    )
    by_step: dict[str, list[float]] = {}
    for job_id, node, start, end in times:
        plan = plans[facts[job_id].plan].plan
        if node >= len(plan.nodes) or plan.node(node).parent != ROOT:
            continue
        name = plan.node(node).name
        by_step.setdefault(name, []).append(_milliseconds(start, end))
    return TaskStats(
        window=window,
        task=TaskDurations(**_summary(run.duration_ms for run in runs), sample_size=len(runs), recent=runs),
        steps=tuple(
            StepDurations(step_name=name, **_summary(values), sample_size=len(values))
            for name, values in by_step.items()
        ),
    )


def _milliseconds(start: datetime.datetime, end: datetime.datetime) -> float:
    return round((end - start).total_seconds() * 1000, 3)


def _summary(durations: Iterable[float]) -> dict[str, float | None]:
    values = sorted(durations)
    if not values:
        return dict.fromkeys(("avg_ms", "p50_ms", "p95_ms", "min_ms", "max_ms"))
    return {
        "avg_ms": sum(values) / len(values),
        "p50_ms": _percentile(values, 0.5),
        "p95_ms": _percentile(values, 0.95),
        "min_ms": values[0],
        "max_ms": values[-1],
    }


def _percentile(values: Sequence[float], part: float) -> float:
    """The percentile of sorted values, with linear interpolation."""
    place = (len(values) - 1) * part
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)
