"""Answers to requests of the engine for values, child jobs and fragments of plans."""

import uuid
from collections.abc import Mapping

import attrs
from cachetools import LRUCache

from stroem.definitions.values import Json
from stroem.engine.requests import (
    CheckPayload,
    Evaluate,
    Failure,
    Fragment,
    Later,
    Load,
    OpenFragment,
    Request,
    StartChild,
    StartHook,
    StartRetry,
)
from stroem.engine.values.rendering import evaluate
from stroem.errors import StroemError, Unavailable
from stroem.orchestrator.jobs.hook_jobs import HookJobs
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.jobs.step_end import bounded_error
from stroem.orchestrator.plans.job_plans import JobPlan, JobPlans
from stroem.orchestrator.plans.not_loaded import NotLoaded
from stroem.orchestrator.plans.payloads import Payloads
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.state.values import StateValues
from stroem.store.batch_isolation import is_outage, reason_of
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.statement import Connection

MOST_LEVELS = 10
"""Most levels of jobs that start jobs."""
_PREPARED = 1024
_LATER_SECS = 5.0
"""Time after which a workspace that is being loaded is tried again."""


class RequestAnswerer:
    """Evaluates templates with the values of jobs, prepares the jobs that they start, and stores fragments."""

    def __init__(
        self, plans: JobPlans, renderer: Renderer, new_jobs: NewJobs, hook_jobs: HookJobs, states: StateValues
    ) -> None:
        self._payloads = Payloads(renderer)
        self._plans = plans
        self._renderer = renderer
        self._new_jobs = new_jobs
        self._hook_jobs = hook_jobs
        self._states = states
        self._prepared: LRUCache[uuid.UUID, PreparedJob] = LRUCache(_PREPARED)

    def prepared(self, job_id: uuid.UUID) -> PreparedJob:
        """A job that was prepared in this decision."""
        return self._prepared[job_id]

    async def answer(
        self, connection: Connection, locked: LockedJob, request: Request
    ) -> Json | Fragment | Failure | Later:
        """The answer to a request that is no `Load`. Raises NotLoaded."""
        job = (await self._plans.of(connection, [locked.id]))[locked.id]
        if job.error is not None:
            return Failure(error=job.error)
        try:
            if isinstance(request, Evaluate):
                return await self._evaluate(connection, locked.id, job, request)
            if isinstance(request, CheckPayload):
                plan = await self._plans.cached_jobs.plans.extended(connection, job.plan, request.fragments)
                return (await self._payloads.check(plan, plan.node(request.node), request.payload)).values
            if isinstance(request, StartChild):
                return await self._prepare(connection, locked, request)
            if isinstance(request, StartHook):
                return self._keep(await self._hook_jobs.prepare(connection, locked, job, request))
            if isinstance(request, StartRetry):
                return self._keep(await self._new_jobs.prepare_retry(connection, locked, job, request))
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
        scope = request.scope
        if plan.node(request.node).reads_state:
            scope = attrs.evolve(scope, state=await self._states.of_job(connection, job_id))
        return await self._renderer.render(
            lambda budget: evaluate(plan, request.node, request.template, scope, request.own, job.input, budget)
        )

    async def _prepare(self, connection: Connection, locked: LockedJob, request: StartChild) -> Json | Failure | Later:
        if locked.depth >= MOST_LEVELS:
            return Failure(error=f"Jobs start jobs over more than {MOST_LEVELS} levels")
        given = request.input if isinstance(request.input, Mapping) else {}
        try:
            return self._keep(await self._new_jobs.prepare_child(connection, locked, request, given))
        except Unavailable as error:
            if request.workspace is None:
                raise
            return Later(reason=str(error), secs=_LATER_SECS)

    def _keep(self, prepared: PreparedJob) -> str:
        self._prepared[prepared.job.id] = prepared
        return str(prepared.job.id)

    async def _open(self, connection: Connection, job: JobPlan, request: OpenFragment) -> Fragment:
        cached = await self._plans.cached_jobs.plans.add(connection, request.document, job.plan)
        return Fragment(digest=cached.digest, plan=cached.plan)
