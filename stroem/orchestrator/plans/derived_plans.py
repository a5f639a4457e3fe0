"""Plans that are derived from the plan of a task."""

import attrs

from stroem.engine.consumers import consumer_plan
from stroem.engine.plan import TaskPlan
from stroem.orchestrator.plans.plan_cache import CachedPlan, PlanCache
from stroem.orchestrator.plans.plan_secrets import without_references
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.redaction.plan_values import with_values, without_values

Made = tuple[CachedPlan, TaskPlan]
"""A plan as stored, and with values but those of stores."""


async def requested_plan(plans: PlanCache, release_id: int, request: StartRequest) -> Made:
    """The plan of a requested job: of its task, or derived from that.

    A job that only looks something up has neither hooks nor retry; the actions of a consumer have its further
    variables. Raises NotFound (task), NotRunnable.
    """
    cached, plan = await plans.make(release_id, request.definitions, request.task)
    if request.looks_up:
        return _derived(plans, release_id, cached, (_without_followers(cached.plan), _without_followers(plan)))
    if request.consumer_env is not None:
        stored = without_values(consumer_plan(cached.plan, request.consumer_env, request.definitions.secrets))
        return _derived(plans, release_id, cached, (stored, with_values(stored, request.definitions)))
    return cached, without_references(plan)


def _derived(plans: PlanCache, release_id: int, origin: CachedPlan, derived: tuple[TaskPlan, TaskPlan]) -> Made:
    stored, full = derived
    cached = plans.put(stored)
    plans.put_values(release_id, cached, full)
    return attrs.evolve(cached, warnings=origin.warnings), without_references(full)


def _without_followers(plan: TaskPlan) -> TaskPlan:
    return attrs.evolve(plan, hooks={}, workspace_hooks={}, retry=None)
