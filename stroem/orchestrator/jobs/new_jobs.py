"""Jobs that are about to be created: compiled plan, checked input."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import StartChild, StartRetry
from stroem.engine.values.inputs import check_input
from stroem.errors import BadRequest
from stroem.orchestrator.limits.job_slots import JobSlots
from stroem.orchestrator.plans.breakpoints import breakpoints
from stroem.orchestrator.plans.derived_plans import requested_plan
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.shared_tasks import SharedTasks
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.redaction.job_secrets import hide_secret_fields, secrets_of
from stroem.redaction.redactor import Redactor
from stroem.redaction.reused_input import reused_input
from stroem.store.database import Database
from stroem.store.jobs import jobs
from stroem.store.jobs.jobs import JobFacts, JobRow
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.new_job import NewJob
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class DefaultTimeouts:
    """Timeouts, in seconds, of steps and jobs that set none."""

    step: int | None = None
    job: int | None = None


@attrs.frozen(kw_only=True)
class PreparedJob:
    """A job to create, with its plan and its input with all values.

    `warnings` are about unusual input, and parts of its task that have no effect yet.
    """

    job: NewJob
    cached: CachedPlan
    values: Mapping[str, Json]
    warnings: tuple[str, ...] = ()


class NewJobs:
    """Prepares jobs for requests and for steps that start other tasks."""

    def __init__(
        self,
        database: Database,
        plans: JobPlans,
        renderer: Renderer,
        slots: JobSlots,
        timeouts: DefaultTimeouts,
        shared: SharedTasks,
    ) -> None:
        self._inputs = plans.cached_jobs.inputs
        self._shared = shared
        self._database = database
        self._plans = plans
        self._renderer = renderer
        self._slots = slots
        self._timeouts = timeouts

    async def prepare(self, request: StartRequest) -> PreparedJob:
        """Prepares a job for a request.

        Raises NotFound (task), NotRunnable, InvalidInput, BadRequest (source job), Conflict (its input is unreadable).
        """
        release = request.release
        cached, plan = await requested_plan(self._plans.cached_jobs.plans, release.id, request)
        source = await self._source(request)
        raw_input = request.raw_input if source is None else reused_input(plan, request.raw_input, source.raw_input)
        optional = request.optional_input
        checked = await self._renderer.render(lambda budget: check_input(plan, raw_input, budget, optional=optional))
        slots = (*request.slots, *await self._slots.of_job(plan, release.workspace, checked.values))
        job = self._new_job(
            plan,
            checked.values,
            request.secrets,
            id=uuid.uuid4(),
            workspace=release.workspace,
            source_type=request.source_type,
            source_id=request.source_id,
            source_job_id=request.source_job_id,
            restart=request.restart,
            release_id=release.id,
            revision=release.revision,
            files=release.manifest,
            plan=cached.digest,
            raw_input=raw_input,
            no_cache=request.no_cache,
            priority=plan.priority if request.priority is None else request.priority,
            slots=slots,
            context=request.context or (None if source is None else _trigger_of(source.context)),
            holds=breakpoints(plan, request.pause_before, request.actor),
        )
        if (kept := request.volume) is not None and plan.volume is not None:
            job = attrs.evolve(job, volume_job=kept.id, worker_id=kept.worker_id)
        if request.timeout_secs is not None:
            job = attrs.evolve(job, timeout_secs=min(request.timeout_secs, job.timeout_secs or request.timeout_secs))
        warnings = (*checked.warnings, *cached.warnings, *self._shared.warnings(plan, release.workspace))
        return PreparedJob(job=job, cached=cached, values=checked.values, warnings=warnings)

    async def prepare_child(
        self, connection: Connection, parent: LockedJob, request: StartChild, given: Mapping[str, Json]
    ) -> PreparedJob:
        """Prepares the job of a step that starts another task: of the parent's release, or of the current one of
        another workspace.

        Raises NotLoaded, NotFound (task), NotRunnable, InvalidInput; for another workspace also Forbidden, Unavailable.
        """
        origin: dict[str, Any] = {
            "source_type": "task",
            "parent_job": parent.id,
            "parent_step": request.step,
            "root_job": parent.root_job or parent.id,
            "depth": parent.depth + 1,
            "shared": request.shared,
        }
        return await self._prepare_task(connection, parent, request.task, given, origin, request.workspace)

    async def prepare_hook_task(
        self, connection: Connection, followed: LockedJob, task: str, given: Mapping[str, Json]
    ) -> PreparedJob:
        """Prepares the job of a hook that runs a task, of the release of the job that it follows.

        Raises NotLoaded, NotFound (task), NotRunnable, InvalidInput.
        """
        origin = {"source_type": "hook", "hook_of": followed.id}
        return await self._prepare_task(connection, followed, task, given, origin)

    async def _prepare_task(
        self,
        connection: Connection,
        starter: LockedJob,
        task: str,
        given: Mapping[str, Json],
        origin: Mapping[str, Any],
        workspace: str | None = None,
    ) -> PreparedJob:
        """Prepares the job of a task: of the release of another job, or of the current release of a workspace."""
        facts = (await self._plans.cached_jobs.get(connection, [starter.id]))[starter.id]
        pinned = _pinned(starter, facts)
        if workspace is None:
            cached, plan = await self._plans.child_plan(facts.release_id, task)
        else:
            release = self._shared.release_of(workspace, task, facts.workspace)
            cached, plan = await self._plans.child_plan(release.id, task)
            pinned |= {
                "workspace": workspace,
                "release_id": release.id,
                "revision": release.revision,
                "files": release.manifest,
            }
        checked = await self._renderer.render(lambda budget: check_input(plan, given, budget))
        secrets = (await self._plans.of(connection, [starter.id]))[starter.id].secrets
        slots = await self._slots.of_job(plan, pinned["workspace"], checked.values)
        given_fields = {"plan": cached.digest, "raw_input": given, "slots": slots}
        job = self._new_job(plan, checked.values, secrets, **given_fields, **pinned, **origin)
        return PreparedJob(job=job, cached=cached, values=checked.values)

    async def prepare_hook_action(
        self,
        connection: Connection,
        followed: LockedJob,
        plan: TaskPlan,
        context: dict[str, Json],
        values: Mapping[str, Json],
    ) -> PreparedJob:
        """Prepares the job of a hook that runs an action, with the input of the job that it follows.

        `plan` has no values. The templates of the hook are rendered when a worker takes it: its secrets are not stored.
        """
        facts = (await self._plans.cached_jobs.get(connection, [followed.id]))[followed.id]
        job = NewJob(
            task=plan.task,
            mode=plan.mode,
            source_type="hook",
            hook_of=followed.id,
            plan=(cached := self._plans.cached_jobs.plans.put(plan)).digest,
            **await self._input_of(connection, followed),
            context=context,
            timeout_secs=self._timeouts.job,
            step_timeout_secs=self._timeouts.step,
            **_pinned(followed, facts),
        )
        job = await self._sealed_as(connection, followed, job)
        return PreparedJob(job=job, cached=cached, values=values)

    async def prepare_retry(
        self, connection: Connection, failed: LockedJob, plan: JobPlan, request: StartRetry
    ) -> PreparedJob:
        """Prepares the job that repeats a failed one: with its input and its plan, after a delay."""
        facts = (await self._plans.cached_jobs.get(connection, [failed.id]))[failed.id]
        job = NewJob(
            task=facts.task,
            mode=failed.mode,
            source_type="retry",
            hook_of=None if failed.state.hook_of is None else uuid.UUID(failed.state.hook_of),
            retry_of=failed.id,
            retry_attempt=request.attempt,
            max_retries=plan.plan.max_retries,
            volume_keep_secs=plan.plan.volume_keep_secs,
            volume_job=facts.volume_job,
            worker_id=None if facts.volume_job is None else failed.state.worker_id,
            starts_in_secs=request.delay,
            slots=failed.state.slots,
            plan=facts.plan,
            **await self._input_of(connection, failed),
            timeout_secs=plan.plan.timeout or self._timeouts.job,
            step_timeout_secs=self._timeouts.step,
            restart=facts.restart,
            context=_trigger_of(failed.state.context),
            **{**_pinned(failed, facts), "source_job_id": facts.source_job_id if facts.restart else None},
        )
        job = await self._sealed_as(connection, failed, job)
        return PreparedJob(job=job, cached=plan.cached, values=plan.input)

    async def _input_of(self, connection: Connection, other: LockedJob) -> dict[str, Any]:
        """The raw input of another job, and its input as stored: without secrets."""
        row = await jobs.get_job(connection, other.id)
        return {} if row is None else {"raw_input": self._inputs.opened(row).raw_input, "input": row.input}

    async def _sealed_as(self, connection: Connection, other: LockedJob, job: NewJob) -> NewJob:
        """The job, which has the raw input of another one, with it encrypted if it holds secrets of that."""
        plan = (await self._plans.of(connection, [other.id]))[other.id]
        return self._inputs.sealed(job, plan.plan, plan.redactor)

    def _new_job(
        self, compiled: TaskPlan, values: Mapping[str, Json], secrets: Sequence[Json] = (), **fields: Any
    ) -> NewJob:
        redactor = Redactor([*secrets_of(compiled, values, fields["raw_input"]), *secrets])
        hidden = {name: redactor.value(value) for name, value in hide_secret_fields(compiled, values).items()}
        job = NewJob(
            task=compiled.task,
            mode=compiled.mode,
            input=hidden,
            timeout_secs=compiled.timeout or self._timeouts.job,
            step_timeout_secs=self._timeouts.step,
            max_retries=compiled.max_retries,
            volume_keep_secs=compiled.volume_keep_secs,
            **fields,
        )
        return self._inputs.sealed(job, compiled, redactor)

    async def _source(self, request: StartRequest) -> JobRow | None:
        """The source job of a request, with its whole input. Raises BadRequest, Conflict."""
        if request.source_job_id is None:
            return None
        async with self._database.read() as connection:
            source = await jobs.get_job(connection, request.source_job_id)
        workspace = request.release.workspace
        if source is None or source.workspace != workspace:
            message = f"Source job {str(request.source_job_id)!r} does not exist in workspace {workspace!r}"
            raise BadRequest(message=message)
        if not isinstance(source.raw_input, Mapping):
            raise BadRequest(message=f"Source job {str(request.source_job_id)!r} has no input to reuse")
        return self._inputs.opened(source)


def _trigger_of(context: Json) -> dict[str, Json] | None:
    """The facts of the trigger in the context of a job, which jobs in its place keep."""
    return {"trigger": context["trigger"]} if isinstance(context, Mapping) and "trigger" in context else None


def _pinned(starter: LockedJob, facts: JobFacts) -> dict[str, Any]:
    """The fields of a job that another job starts, in the release of that."""
    return {
        "id": uuid.uuid4(),
        "workspace": facts.workspace,
        "source_id": str(starter.id),
        "source_job_id": None,
        "release_id": facts.release_id,
        "revision": facts.revision,
        "files": facts.files,
        "priority": starter.priority,
        "no_cache": starter.state.no_cache,
    }
