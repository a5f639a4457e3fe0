"""Slots that new jobs need."""

from collections.abc import Collection, Iterator, Mapping

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.slots.limits import concurrency_key, limit_key, request
from stroem.engine.values.job_slots import JobSlot
from stroem.errors import NotRunnable
from stroem.orchestrator.plans.renderer import Renderer
from stroem.templating.template import render, text_of


class JobSlots:
    """Finds the slots of jobs from their plans and inputs. `server` are the names of the limits of this server."""

    def __init__(self, renderer: Renderer, server: Collection[str]) -> None:
        self._renderer = renderer
        self._server = frozenset(server)

    async def of_job(self, plan: TaskPlan, workspace: str, values: Mapping[str, Json]) -> tuple[JobSlot, ...]:
        """The slots of a job with this input: that of its concurrency, then those of its limits.

        Raises NotRunnable (a limit that the server does not have), TemplateFailed.
        """
        if unknown := sorted(plan.server_limits - self._server):
            names = ", ".join(map(repr, unknown))
            reason = f"names limits of the server that its settings do not have under `job_limits`: {names}"
            raise NotRunnable(task=plan.task, reason=reason)
        template = None if plan.concurrency is None else plan.concurrency.key
        key = "" if template is None else await self._key(template, values)
        return tuple(_slots(plan, workspace, key))

    async def _key(self, template: str, values: Mapping[str, Json]) -> str:
        rendered = await self._renderer.render(lambda budget: render(template, {"input": values}, budget=budget))
        return text_of(rendered)


def _slots(plan: TaskPlan, workspace: str, key: str) -> Iterator[JobSlot]:
    own = plan.concurrency
    if own is not None:
        yield JobSlot(
            key=concurrency_key(workspace, plan.task, key), size=own.limit, policy=own.policy, max_queue=own.max_queue
        )
    for name in plan.job_limits:
        wanted = request(0, limit_key(workspace, name), plan.limits.get(name))
        yield JobSlot(key=wanted.key, size=wanted.size, rate=wanted.rate)
