"""Jobs of hooks that are about to be created."""

import uuid
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.engine.hooks import fault_of, hook_plan
from stroem.engine.requests import Scope, StartHook
from stroem.engine.values.approval_terms import read_terms
from stroem.engine.values.rendering import evaluate, render_step
from stroem.errors import NotRunnable
from stroem.orchestrator.approval_links import ApprovalLinks
from stroem.orchestrator.artifacts.facts import artifact_facts
from stroem.orchestrator.jobs.hook_context import FailedStep, hook_context
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.plan_paths import path_at
from stroem.store.artifacts.listed import artifacts_of_job, artifacts_of_steps
from stroem.store.jobs import jobs, step_queries
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection

_MOST_ARTIFACTS = 1000
_MOST_FAILED = 100
"""Most failed steps in the context of a hook."""


class HookJobs:
    """Prepares the jobs of hooks, from the plan of the job that they follow.

    `public_url` is the address of the server in browsers, for the addresses of artifacts; `links` are to approvals that
    anybody may answer, which are all unless the server `signs_in` people.
    """

    def __init__(
        self,
        plans: JobPlans,
        renderer: Renderer,
        new_jobs: NewJobs,
        names: StepNames,
        links: ApprovalLinks,
        public_url: str | None,
        *,
        signs_in: bool,
    ) -> None:
        self._links = links
        self._plans = plans
        self._renderer = renderer
        self._new_jobs = new_jobs
        self._names = names
        self._public_url = public_url
        self._signs_in = signs_in

    async def prepare(
        self, connection: Connection, followed: LockedJob, job: JobPlan, request: StartHook
    ) -> PreparedJob:
        """Prepares the job of a hook. `job` is the plan of the followed job, with values.

        Renders the templates of the hook, so that mistakes in them are found now. Raises NotLoaded, NotRunnable,
        NotFound (task), TemplateFailed, InvalidInput.
        """
        hook = request.hook
        if reason := fault_of(hook, job.plan.actions):
            raise NotRunnable(task=job.plan.task, reason=reason)
        context: dict[str, Json] = {"hook": job.redactor.value(await self._context(connection, followed, request))}
        scope, plan = Scope(context=context), hook_plan(job.plan, hook)
        if hook.kind == "task":
            given = await self._renderer.render(
                lambda budget: evaluate(plan, 0, hook.input, scope, None, job.input, budget)
            )
            values = given if isinstance(given, Mapping) else {}
            return await self._new_jobs.prepare_hook_task(connection, followed, hook.task or "", values)
        await self._renderer.render(lambda budget: render_step(plan, 0, job.input, scope, budget))
        stored = hook_plan(job.cached.plan, hook)
        return await self._new_jobs.prepare_hook_action(connection, followed, stored, context, job.input)

    async def _context(self, connection: Connection, followed: LockedJob, request: StartHook) -> dict[str, Json]:
        row = await jobs.get_job(connection, followed.id)
        assert row is not None, "a locked job exists"
        failed = await self._failed_steps(connection, followed, request)
        name = None
        if request.suspended is not None:
            name = path_at(await self._plans.cached_jobs.plan(connection, followed.id), request.place)
        artifacts = await self._artifacts(connection, followed, request)
        context = hook_context(row, request, failed, artifacts, name, followed.now)
        return {**context, **self._link(followed, request, name)}

    def _link(self, followed: LockedJob, request: StartHook, path: str | None) -> dict[str, Json]:
        """The link to the approval for which the job is suspended: for those who sign in, if it names its approvers."""
        step = request.suspended
        if step is None or path is None:
            return {}
        if self._signs_in and read_terms(step.input).name_people:
            return {"approval_url": self._links.page_url(followed.id, path)}
        link = self._links.link(followed.id, step.id, followed.now, step.expires_at)
        return {"approval_url": self._links.url(link)}

    async def _artifacts(self, connection: Connection, followed: LockedJob, request: StartHook) -> list[Json]:
        """The artifacts of the job, also of steps that complete in this decision, by name."""
        own = await artifacts_of_job(connection, followed.id, ending=request.completed, limit=_MOST_ARTIFACTS)
        taken = await artifacts_of_steps(connection, [(uuid.UUID(job), step) for job, step in request.taken])
        found = {one.name: attrs.evolve(one, job_id=followed.id) for one in (*own, *taken)}
        return [artifact_facts(found[name], self._public_url) for name in sorted(found)[:_MOST_ARTIFACTS]]

    async def _failed_steps(self, connection: Connection, followed: LockedJob, request: StartHook) -> list[FailedStep]:
        found = {
            step: (node, error)
            for step, node, error in await step_queries.failed_steps(connection, followed.id, _MOST_FAILED)
        }
        found |= {step.id: (step.node, step.error) for step in request.failed}
        first = sorted(found.items())[:_MOST_FAILED]
        names = await self._step_names(connection, followed, [(step, node) for step, (node, _) in first])
        plan = await self._plans.cached_jobs.plan(connection, followed.id)
        return [
            FailedStep(name=name, node=plan.node(node), error=error)
            for name, (_, (node, error)) in zip(names, first, strict=True)
            if node < len(plan.nodes)
        ]

    async def _step_names(self, connection: Connection, followed: LockedJob, steps: list[tuple[int, int]]) -> list[str]:
        """The paths of steps, given with their nodes; of a step that this decision makes, the name of its node."""
        plan = await self._plans.cached_jobs.plan(connection, followed.id)
        names = await self._names.names_of(connection, [(followed.id, step) for step, _ in steps])
        return [
            names.get((followed.id, step)) or (plan.node(node).name if node < len(plan.nodes) else "")
            for step, node in steps
        ]
