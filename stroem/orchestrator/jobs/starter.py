"""Creation of jobs from requests."""

import uuid
from collections.abc import Mapping

import attrs

from stroem.definitions.field import PRIMITIVE_TYPES, InputField
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.inputs import check_input
from stroem.engine.plan import TaskPlan
from stroem.errors import BadRequest, Conflict
from stroem.orchestrator.notifier import Notification, Notifier, needs
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.renderer import Renderer
from stroem.records.release import Release
from stroem.redaction.job_secrets import hide_secret_fields, secrets_of
from stroem.redaction.redactor import MARKER, Redactor
from stroem.store.database import Database
from stroem.store.jobs import jobs, steps
from stroem.store.jobs.jobs import JobFacts, NewJob


@attrs.frozen(kw_only=True)
class StartRequest:
    """Request for one run of a task of a release.

    With `source_job_id`, a job of the same workspace, secret and connection fields that show the redaction marker take
    the values of that job's input.
    """

    task: str
    definitions: Definitions
    release: Release
    raw_input: Mapping[str, Json]
    source_type: str = "api"
    source_id: str | None = None
    source_job_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class Started:
    """A stored job. `warnings` are about unusual input, and parts of its task that have no effect yet."""

    job_id: uuid.UUID
    warnings: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DefaultTimeouts:
    """Timeouts, in seconds, of steps and jobs that set none."""

    step: int | None = None
    job: int | None = None


class Starter:
    """Creates jobs with their steps."""

    def __init__(
        self,
        database: Database,
        cached_jobs: JobCache,
        renderer: Renderer,
        notifier: Notifier,
        timeouts: DefaultTimeouts,
    ) -> None:
        self._database = database
        self._cached_jobs = cached_jobs
        self._renderer = renderer
        self._notifier = notifier
        self._timeouts = timeouts

    async def start(self, request: StartRequest) -> Started:
        """Checks the input and creates the job with all its steps in one transaction.

        Raises NotFound (task), NotRunnable, InvalidInput, BadRequest (source job), Conflict (release).
        """
        cached, plan = await self._cached_jobs.plans.make(request.release, request.definitions, request.task)
        raw_input = await self._raw_input(request, plan)
        checked = await self._renderer.render(lambda budget: check_input(plan, raw_input, budget))
        job = self._new_job(request, plan, cached.digest, raw_input, checked.values)
        async with self._cached_jobs.plans.transaction(self._database, cached) as connection:
            if not await jobs.create_job(connection, job):
                raise Conflict(message=f"Release {request.release.number} of {job.workspace} is gone; try again")
            await steps.create_steps(connection, job.id, plan, self._timeouts.step)
        self._cached_jobs.put(job.id, _facts(job, request.release, checked.values))
        ready = needs((step.ability, step.tags) for step in plan.steps if not step.depends_on)
        has_deadline = job.timeout_secs is not None
        self._notifier.publish(Notification(ready=ready, jobs=frozenset({job.id}), deadlines=has_deadline))
        return Started(job_id=job.id, warnings=(*checked.warnings, *cached.warnings))

    async def _raw_input(self, request: StartRequest, plan: TaskPlan) -> Mapping[str, Json]:
        """The input of the request, completed from the source job. Raises BadRequest."""
        if request.source_job_id is None:
            return request.raw_input
        async with self._database.read() as connection:
            source = await jobs.get_job(connection, request.source_job_id)
        workspace = request.release.workspace
        if source is None or source.workspace != workspace:
            message = f"Source job {str(request.source_job_id)!r} does not exist in workspace {workspace!r}"
            raise BadRequest(message=message)
        if not isinstance(source.raw_input, Mapping):
            raise BadRequest(message=f"Source job {str(request.source_job_id)!r} has no input to reuse")
        return _reused(plan.input, request.raw_input, source.raw_input)

    def _new_job(
        self,
        request: StartRequest,
        plan: TaskPlan,
        digest: str,
        raw_input: Mapping[str, Json],
        values: Mapping[str, Json],
    ) -> NewJob:
        redactor = Redactor(secrets_of(plan, values, raw_input))
        return NewJob(
            id=uuid.uuid4(),
            workspace=request.release.workspace,
            task=request.task,
            mode=plan.mode,
            source_type=request.source_type,
            source_id=request.source_id,
            source_job_id=request.source_job_id,
            release_id=request.release.id,
            revision=request.release.revision,
            files=request.release.manifest,
            plan=digest,
            raw_input=raw_input,
            input={name: redactor.value(value) for name, value in hide_secret_fields(plan, values).items()},
            steps=len(plan.steps),
            timeout_secs=plan.timeout or self._timeouts.job,
        )


def _reused(fields: Mapping[str, InputField], given: Mapping[str, Json], source: Mapping[str, Json]) -> dict[str, Json]:
    """The input, with the source's values where secret and connection fields show the marker."""
    hidden = {name for name, field in fields.items() if field.secret or field.type not in PRIMITIVE_TYPES}
    kept = {name: value for name, value in given.items() if not (name in hidden and value == MARKER)}
    reused = {name: source[name] for name in hidden - set(kept) if name in given and name in source}
    return {**kept, **reused}


def _facts(job: NewJob, release: Release, values: Mapping[str, Json]) -> JobFacts:
    return JobFacts(
        workspace=job.workspace,
        task=job.task,
        revision=job.revision,
        files=job.files,
        plan=job.plan,
        release_id=job.release_id,
        committed_at=release.commit.at if release.commit else release.created_at,
        ref=release.ref,
        input=values,
        raw_input=job.raw_input,
    )
