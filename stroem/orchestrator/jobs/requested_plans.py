"""Plans of requested jobs."""

import attrs

from stroem.engine.consumers import consumer_plan
from stroem.engine.plan import TaskPlan
from stroem.orchestrator.jobs.start_request import StartRequest
from stroem.orchestrator.plans.plan_cache import CachedPlan, PlanCache
from stroem.redaction.plan_values import with_values, without_values


async def requested_plan(plans: PlanCache, request: StartRequest) -> tuple[CachedPlan, TaskPlan]:
    """The plan of a requested job: as stored, and with values. Raises NotFound (task), NotRunnable."""
    release = request.release.id
    cached, plan = await plans.make(release, request.definitions, request.task)
    if request.looks_up:
        return _derived(plans, release, cached, (_without_followers(cached.plan), _without_followers(plan)))
    if request.consumer_env is not None:
        stored = without_values(consumer_plan(cached.plan, request.consumer_env, request.definitions.secrets))
        return _derived(plans, release, cached, (stored, with_values(stored, request.definitions)))
    return cached, plan


def _derived(
    plans: PlanCache, release: int, origin: CachedPlan, derived: tuple[TaskPlan, TaskPlan]
) -> tuple[CachedPlan, TaskPlan]:
    """Caches a plan that is derived from another, as stored and with values."""
    stored, full = derived
    cached = plans.put(stored)
    plans.put_values(release, cached, full)
    return attrs.evolve(cached, warnings=origin.warnings), full


def _without_followers(plan: TaskPlan) -> TaskPlan:
    return attrs.evolve(plan, hooks={}, workspace_hooks={}, retry=None)
