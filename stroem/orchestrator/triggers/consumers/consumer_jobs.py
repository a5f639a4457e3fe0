"""Jobs of consumers."""

import attrs

from stroem.conversion import canonical
from stroem.errors import Unavailable
from stroem.interfaces.triggers.consumer_trigger import ConsumerTrigger
from stroem.orchestrator.cache.release_files import ReleaseFiles
from stroem.orchestrator.jobs.job_creator import CreatedJobs, JobCreator, ReleasedJob
from stroem.orchestrator.jobs.new_jobs import NewJobs, PreparedJob
from stroem.orchestrator.plans.consumer_claims import consumer_facts
from stroem.orchestrator.plans.shared_tasks import CurrentTask
from stroem.orchestrator.plans.start_request import StartRequest
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.records.release import Release
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class ConsumerJob:
    """A job of a consumer to create. `digest` is that of its trigger, its plan and the scripts that this names."""

    prepared: PreparedJob
    release: Release
    digest: str


class ConsumerJobs:
    """Prepares and creates jobs of consumers."""

    def __init__(
        self,
        new_jobs: NewJobs,
        creator: JobCreator,
        files: ReleaseFiles,
        current_task: CurrentTask,
    ) -> None:
        self._new_jobs = new_jobs
        self._creator = creator
        self._files = files
        self._current_task = current_task

    async def prepare(self, live: LiveTrigger, failures: int = 0) -> ConsumerJob:
        """Prepares the job of a trigger. `failures` are those of its consumer in a row.

        Raises NotLoaded, NotFound (task), NotRunnable, InvalidInput.
        """
        trigger, options = live.trigger, live.options
        assert isinstance(options, ConsumerTrigger)
        release, definitions = self._current_task(live.workspace, trigger.task)
        env = trigger.options.environment
        facts = consumer_facts(
            live.source_id,
            trigger.target,
            tuple(env),
            max_in_flight=options.most_in_flight,
            backoff_secs=max(1, int(getattr(options, "backoff_secs", 1))),
            consecutive_failures=failures,
        )
        about = {"name": live.name, "workspace": live.workspace, "type": trigger.type}
        request = StartRequest(
            task=trigger.task,
            definitions=definitions,
            release=release,
            raw_input={},
            source_type=options.source_type,
            source_id=live.source_id,
            context={"trigger": about, "consumer": facts},
            consumer_env=env,
        )
        prepared = await self._new_jobs.prepare(request)
        return ConsumerJob(prepared=prepared, release=release, digest=self._digest(live, prepared, release))

    async def create(self, connection: Connection, job: ConsumerJob) -> CreatedJobs:
        """Creates a job and begins it, in the caller's transaction. Raises Unavailable if its release is gone."""
        await self._creator.ready(job.prepared)
        created = await self._creator.create(connection, [ReleasedJob(prepared=job.prepared, release=job.release)])
        if created.jobs[0] is None:
            raise Unavailable(message=f"Release {job.release.number} of {job.prepared.job.workspace} is gone")
        return created

    def committed(self, created: CreatedJobs) -> None:
        """Publishes a created job, after the commit."""
        self._creator.publish(created)

    def _digest(self, live: LiveTrigger, prepared: PreparedJob, release: Release) -> str:
        sources = sorted({one.source for one in prepared.cached.plan.actions.values() if one.source})
        files = self._files.digest(release.manifest, sources) if sources else ""
        trigger = canonical.to_bytes(live.trigger).decode()
        return canonical.digest_of(canonical.to_bytes([trigger, prepared.cached.digest, files]))
