"""Creation of prepared jobs in the caller's transaction."""

from collections.abc import Mapping, Sequence

import attrs

from stroem.definitions.values import Json
from stroem.engine.events import Begin
from stroem.orchestrator.acts import note_started
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.jobs.new_jobs import PreparedJob
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.records.release import Release
from stroem.store.jobs import jobs
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.new_job import NewJob
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class ReleasedJob:
    """A prepared job, and the release that it runs."""

    prepared: PreparedJob
    release: Release


@attrs.frozen(kw_only=True)
class CreatedJobs:
    """Jobs that a transaction has created, None in the place of one whose release is gone; to publish after it."""

    jobs: tuple[LockedJob | None, ...] = ()
    recorded: Recorded | None = None
    plans: frozenset[str] = frozenset()


class JobCreator:
    """Creates jobs and begins their first steps: `ready` before a transaction, `create` in it, `publish` after it."""

    def __init__(self, driver: JobDriver, plans: JobPlans) -> None:
        self._driver = driver
        self._plans = plans

    async def ready(self, prepared: PreparedJob) -> None:
        """Loads what the steps of a job need of workers."""
        await self._driver.needs.ensure(prepared.cached.plan.nodes)

    async def create(self, connection: Connection, new: Sequence[ReleasedJob]) -> CreatedJobs:
        """Creates and begins jobs, which the transaction then locks. Raises NotLoaded."""
        if not new:
            return CreatedJobs()
        cached_jobs = self._plans.cached_jobs
        for cached in {one.prepared.cached.digest: one.prepared.cached for one in new}.values():
            await cached_jobs.plans.store(connection, cached)
        for one in new:
            cached_jobs.put(one.prepared.job.id, _facts_of(one.prepared.job, one.release, one.prepared.values))
        created = await jobs.create_jobs(connection, [one.prepared.job for one in new])
        locked = [job for job in created if job is not None]
        await note_started(connection, [one.prepared.job for one, job in zip(new, created, strict=True) if job])
        recorded = await self._driver.drive(connection, [(job, [Begin()]) for job in locked]) if locked else None
        if recorded is not None and any(one.prepared.job.timeout_secs is not None for one in new):
            recorded = attrs.evolve(recorded, notification=attrs.evolve(recorded.notification, deadlines=True))
        return CreatedJobs(jobs=tuple(created), recorded=recorded, plans=frozenset(job.plan for job in locked))

    def publish(self, created: CreatedJobs) -> None:
        """Publishes the jobs of a committed transaction."""
        for digest in created.plans:
            self._plans.cached_jobs.plans.note_stored(digest)
        if created.recorded is not None:
            self._driver.publish(created.recorded)


def _facts_of(job: NewJob, release: Release, values: Mapping[str, Json]) -> JobFacts:
    """The facts of a job that was created for a request."""
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
        source_job_id=job.source_job_id,
        restart=job.restart,
        consumer=(job.context or {}).get("consumer"),
        volume_job=job.volume_job,
    )
