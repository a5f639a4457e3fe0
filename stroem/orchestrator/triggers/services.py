"""Construction of the services of triggers, and their loops."""

import asyncio

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.job_creator import JobCreator
from stroem.orchestrator.jobs.new_jobs import NewJobs
from stroem.orchestrator.notifier import Notifier
from stroem.orchestrator.periodic import run_periodically
from stroem.orchestrator.plans.job_plans import DefinitionsOf, JobPlans
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.shared_tasks import CurrentTask
from stroem.orchestrator.plans.step_names import StepNames
from stroem.orchestrator.secrets.sealed_values import SealedValues
from stroem.orchestrator.triggers.backfiller import Backfiller
from stroem.orchestrator.triggers.backfills import Backfills
from stroem.orchestrator.triggers.consumers.services import ConsumerServices, build_consumers
from stroem.orchestrator.triggers.consumers.supervisor import Cancel
from stroem.orchestrator.triggers.counters import TriggerCounters
from stroem.orchestrator.triggers.debouncer import Debouncer
from stroem.orchestrator.triggers.ended_jobs import EndedJobs
from stroem.orchestrator.triggers.fire_preparer import FirePreparer
from stroem.orchestrator.triggers.fire_pruner import FirePruner
from stroem.orchestrator.triggers.firer import Firer
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.orchestrator.triggers.options import TriggerOptions
from stroem.orchestrator.triggers.outcome_loop import OutcomeLoop, follow_listens
from stroem.orchestrator.triggers.release_reader import ReleaseReader
from stroem.orchestrator.triggers.scheduler import Scheduler
from stroem.orchestrator.triggers.stream_loop import StreamLoop
from stroem.orchestrator.triggers.trigger_sync import TriggerSync
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class TriggerParts:
    """The services of jobs that triggers use.

    Old rows are removed every `retention_secs` seconds; `public_url` is the address of the server in browsers; `rows`
    encrypts fires.
    """

    database: Database
    blobs: BlobStore
    new_jobs: NewJobs
    creator: JobCreator
    plans: JobPlans
    renderer: Renderer
    notifier: Notifier
    sinks: EventSinks
    definitions_of: DefinitionsOf
    current_task: CurrentTask
    names: StepNames
    public_url: str | None
    cancel: Cancel
    retention_secs: float
    rows: SealedValues


@attrs.frozen(kw_only=True)
class TriggerServices:
    """The services of triggers."""

    live: LiveTriggers
    files: ReleaseReader
    counters: TriggerCounters
    firer: Firer
    sync: TriggerSync
    scheduler: Scheduler
    debouncer: Debouncer
    backfills: Backfills
    backfiller: Backfiller
    outcome_loop: OutcomeLoop
    stream_loop: StreamLoop
    fire_pruner: FirePruner
    consumers: ConsumerServices

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Starts the loops in a group."""
        return [
            group.create_task(run_periodically(self.sync, self.sync.woken), name="trigger sync"),
            group.create_task(
                run_periodically(self.scheduler, self.scheduler.woken, is_exact=True), name="trigger scheduler"
            ),
            group.create_task(
                run_periodically(self.debouncer, self.firer.debounced, is_exact=True), name="trigger debouncer"
            ),
            group.create_task(run_periodically(self.backfiller, self.backfiller.woken), name="trigger backfiller"),
            group.create_task(run_periodically(self.outcome_loop, self.outcome_loop.woken), name="outcome loop"),
            group.create_task(self.stream_loop.run(), name="stream loop"),
            group.create_task(run_periodically(self.fire_pruner, asyncio.Event()), name="trigger fire pruner"),
            *self.consumers.start(group),
        ]


def build_triggers(parts: TriggerParts, options: TriggerOptions) -> TriggerServices:
    """Builds the services without starting their loops."""
    live = LiveTriggers(options.current_workspace, options.workspaces)
    files, counters = ReleaseReader(parts.blobs), TriggerCounters()
    preparer = FirePreparer(live, parts.new_jobs, parts.renderer, parts.current_task)
    firer = Firer(parts.database, preparer, parts.creator, parts.plans, live, counters, parts.sinks, parts.rows)
    sync = TriggerSync(parts.database, live, parts.definitions_of, parts.notifier, files, [follow_listens])
    scheduler = Scheduler(parts.database, live, firer, parts.plans, counters, options.refresh, files)
    backfills = Backfills(parts.database, files, parts.sinks, parts.notifier)
    ended = EndedJobs(parts.names, parts.current_task, parts.public_url)
    outcome_loop = OutcomeLoop(
        parts.database, live, firer, parts.plans, ended, parts.sinks, parts.notifier, options.refresh
    )
    stream_loop = StreamLoop(parts.database, live, firer, parts.plans, parts.sinks, options.place, options.refresh)
    consumers = build_consumers(parts, options, live, firer, counters)
    sync.synced += [scheduler.woken, outcome_loop.woken, stream_loop.woken, consumers.supervisor.woken]
    return TriggerServices(
        live=live,
        files=files,
        counters=counters,
        firer=firer,
        sync=sync,
        scheduler=scheduler,
        debouncer=Debouncer(parts.database, live, firer, parts.plans, parts.rows),
        backfills=backfills,
        backfiller=Backfiller(parts.database, live, firer, parts.plans, files, backfills, parts.notifier),
        outcome_loop=outcome_loop,
        stream_loop=stream_loop,
        fire_pruner=FirePruner(parts.database, days=options.fire_days, interval_secs=parts.retention_secs),
        consumers=consumers,
    )
