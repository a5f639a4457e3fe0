"""Answers to requests of the engine for values, child jobs and fragments of plans."""

import uuid
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.engine.requests import (
    CacheAnswer,
    CheckPayload,
    Evaluate,
    Failure,
    FindCached,
    Fragment,
    KeptVisits,
    Later,
    Load,
    LoadKept,
    OpenFragment,
    Request,
    StartChild,
    StartHook,
    StartRetry,
)
from stroem.engine.values.rendering import evaluate
from stroem.errors import StroemError, Unavailable
from stroem.orchestrator.cache.step_cache import CacheScope, StepCache
from stroem.orchestrator.jobs.hook_jobs import HookJobs
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.jobs.step_end import bounded_error
from stroem.orchestrator.outputs.reader import OutputReader
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.orchestrator.plans.payloads import Payloads
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.reruns.former_jobs import FormerJobs
from stroem.orchestrator.state.values import StateValues
from stroem.store.batch_isolation import is_outage, reason_of
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection

MOST_LEVELS = 10
"""Most levels of jobs that start jobs."""
_LATER_SECS = 5.0
"""Time after which a workspace that is being loaded is tried again."""

Prepared = dict[uuid.UUID, PreparedJob]
"""Jobs that a decision is about to create."""


class RequestAnswerer:
    """Evaluates templates with the values of jobs, prepares the jobs that they start, and stores fragments."""

    def __init__(
        self,
        plans: JobPlans,
        renderer: Renderer,
        new_jobs: NewJobs,
        hook_jobs: HookJobs,
        states: StateValues,
        former_jobs: FormerJobs,
        step_cache: StepCache,
        outputs: OutputReader,
    ) -> None:
        self._payloads = Payloads(renderer)
        self._plans = plans
        self._renderer = renderer
        self._new_jobs = new_jobs
        self._hook_jobs = hook_jobs
        self._states = states
        self._former_jobs = former_jobs
        self._step_cache = step_cache
        self._outputs = outputs

    async def answer(
        self, connection: Connection, locked: LockedJob, request: Request, prepared: Prepared
    ) -> Json | Fragment | KeptVisits | CacheAnswer | Failure | Later:
        """The answer to a request that is no `Load`. A job that is to be created is added to `prepared`.

        Raises NotLoaded.
        """
        if isinstance(request, LoadKept):
            return await self._former_jobs.kept_by(connection, locked.id)
        job = (await self._plans.of(connection, [locked.id]))[locked.id]
        if job.error is not None:
            return Failure(error=job.error)
        try:
            if isinstance(request, Evaluate):
                return await self._evaluate(connection, locked.id, job, request)
            if isinstance(request, FindCached):
                return await self._find_cached(connection, locked, job, request)
            if isinstance(request, CheckPayload):
                plan = await self._plans.cached_jobs.plans.extended(connection, job.plan, request.fragments)
                return (await self._payloads.check(plan, plan.node(request.node), request.payload)).values
            if isinstance(request, StartChild):
                return await self._prepare(connection, locked, request, prepared)
            if isinstance(request, StartHook):
                return _keep(prepared, await self._hook_jobs.prepare(connection, locked, job, request))
            if isinstance(request, StartRetry):
                return _keep(prepared, await self._new_jobs.prepare_retry(connection, locked, job, request))
            if isinstance(request, OpenFragment):
                return await self._open(connection, job, request)
        except NotLoaded:
            raise
        except StroemError as error:
            return Failure(error=bounded_error(job.redactor.line(str(error))))
        except Exception as error:
            if is_outage(error):
                raise
            return Failure(error=bounded_error(job.redactor.line(reason_of(error))))
        assert not isinstance(request, Load)

    async def _evaluate(self, connection: Connection, job_id: uuid.UUID, job: JobPlan, request: Evaluate) -> Json:
        plan = await self._plans.cached_jobs.plans.extended(connection, job.plan, request.fragments)
        scope = await self._outputs.for_templates(
            connection, job_id, plan, request.node, request.template, request.scope
        )
        own = request.own
        if own is not None:
            own = {name: await self._outputs.filled(connection, job_id, plan.task, one) for name, one in own.items()}
        if plan.node(request.node).reads_state:
            scope = attrs.evolve(scope, state=await self._states.of_job(connection, job_id))
        return await self._renderer.render(
            lambda budget: evaluate(plan, request.node, request.template, scope, own, job.input, budget)
        )

    async def _find_cached(
        self, connection: Connection, locked: LockedJob, job: JobPlan, request: FindCached
    ) -> CacheAnswer:
        plan = await self._plans.cached_jobs.plans.extended(connection, job.plan, request.fragments)
        if plan.node(request.node).reads_state:
            state = await self._states.of_job(connection, locked.id)
            request = attrs.evolve(request, scope=attrs.evolve(request.scope, state=state))
        facts = (await self._plans.cached_jobs.get(connection, [locked.id]))[locked.id]
        scope = CacheScope(workspace=locked.workspace, files=facts.files, plan=plan, input=job.input)
        return await self._step_cache.find(connection, scope, request)

    async def _prepare(
        self, connection: Connection, locked: LockedJob, request: StartChild, prepared: Prepared
    ) -> Json | Failure | Later:
        if locked.depth >= MOST_LEVELS:
            return Failure(error=f"Jobs start jobs over more than {MOST_LEVELS} levels")
        given = request.input if isinstance(request.input, Mapping) else {}
        try:
            child = await self._new_jobs.prepare_child(connection, locked, request, given)
        except Unavailable as error:
            if request.workspace is None:
                raise
            return Later(reason=str(error), secs=_LATER_SECS)
        return _keep(prepared, child)

    async def _open(self, connection: Connection, job: JobPlan, request: OpenFragment) -> Fragment:
        cached = await self._plans.cached_jobs.plans.add(connection, request.document, job.plan)
        return Fragment(digest=cached.digest, plan=cached.plan)


def _keep(prepared: Prepared, job: PreparedJob) -> str:
    prepared[job.job.id] = job
    return str(job.job.id)
