"""From a request to a job with its steps."""

import asyncio
import uuid
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.inputs import check_input
from stroem.errors import BadRequest, Conflict
from stroem.orchestrator.notifier import Notification, Notifier, needs
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.plan_cache import PlanCache
from stroem.orchestrator.plans.renderer import Renderer
from stroem.records.release import Release
from stroem.redaction.job_secrets import hide_secret_fields, secrets_of
from stroem.redaction.redactor import Redactor
from stroem.store.database import Database
from stroem.store.jobs import jobs, steps
from stroem.store.jobs.jobs import JobFacts, NewJob


@attrs.frozen(kw_only=True)
class StartRequest:
    """Asks for one run of a task as a release has it."""

    task: str
    definitions: Definitions
    release: Release
    raw_input: Mapping[str, Json]
    source_type: str = "api"
    source_id: str | None = None
    source_job_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class Started:
    """A job that is accepted: it is in the database. `warnings` say what was odd about its input, and what of
    its task has no effect yet.
    """

    job_id: uuid.UUID
    warnings: tuple[str, ...]


@attrs.frozen(kw_only=True)
class DefaultTimeouts:
    """Timeouts, in seconds, of steps and jobs that set none."""

    step: int | None = None
    job: int | None = None


class Starter:
    """Makes jobs."""

    def __init__(
        self,
        database: Database,
        plan_cache: PlanCache,
        facts: JobCache,
        renderer: Renderer,
        notifier: Notifier,
        rescue: asyncio.Event,
        timeouts: DefaultTimeouts,
    ) -> None:
        self._database = database
        self._plan_cache = plan_cache
        self._facts = facts
        self._renderer = renderer
        self._notifier = notifier
        self._rescue = rescue
        self._timeouts = timeouts

    async def start(self, request: StartRequest) -> Started:
        """Checks the input and makes the job with all its steps in one transaction.

        Raises NotFound (task), NotRunnable, InvalidInput, BadRequest (source job), Conflict (release).
        """
        cached, plan = await self._plan_cache.make(request.release, request.definitions, request.task)
        checked = await self._renderer.render(lambda budget: check_input(plan, request.raw_input, budget))
        redactor = Redactor(secrets_of(plan, checked.values, request.raw_input))
        job = NewJob(
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
            plan=cached.digest,
            raw_input=request.raw_input,
            input={name: redactor.value(value) for name, value in hide_secret_fields(plan, checked.values).items()},
            steps=len(plan.steps),
            timeout_secs=plan.timeout or self._timeouts.job,
        )
        async with self._database.begin() as connection:
            if request.source_job_id is not None:
                source = await jobs.get_job(connection, request.source_job_id)
                if source is None or source.workspace != job.workspace:
                    raise BadRequest(message=f"Source job {request.source_job_id} not found in this workspace")
            await self._plan_cache.store(connection, cached)
            if not await jobs.create_job(connection, job):
                raise Conflict(message=f"Release {request.release.number} of {job.workspace} is gone; try again")
            await steps.create_steps(connection, job.id, plan, self._timeouts.step)
        self._plan_cache.note_stored(cached)
        self._facts.put(job.id, _facts(job, request.release, checked.values))
        ready = needs((step.ability, step.tags) for step in plan.steps if not step.depends_on)
        if job.timeout_secs is not None:
            self._rescue.set()
        self._notifier.publish(Notification(ready=ready, jobs=frozenset({job.id})))
        return Started(job_id=job.id, warnings=(*checked.warnings, *cached.warnings))


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
