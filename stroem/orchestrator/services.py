"""Everything that turns requests into running steps, put together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.conversion.json_value import OUTPUT_BYTES
from stroem.definitions.workspace import Definitions
from stroem.errors import NotFound
from stroem.orchestrator.events.deliverer import EventDeliverer
from stroem.orchestrator.events.feed import EventFeed
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.jobs.batch_recorder import NewsRecorder
from stroem.orchestrator.jobs.canceller import Canceller
from stroem.orchestrator.jobs.claimer import Claimer
from stroem.orchestrator.jobs.driver import Recorder
from stroem.orchestrator.jobs.exchange import Dispatcher
from stroem.orchestrator.jobs.job_cache import JobFactsShelf
from stroem.orchestrator.jobs.job_plans import DefinitionsOf, JobPlans
from stroem.orchestrator.jobs.plan_cache import PlanShelf
from stroem.orchestrator.jobs.renderer import Renderer
from stroem.orchestrator.jobs.rescuer import Rescuer
from stroem.orchestrator.jobs.starter import DefaultTimeouts, Starter
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.jobs.step_names import Places
from stroem.orchestrator.logs.appender import LogIntake
from stroem.orchestrator.logs.reader import LogReader
from stroem.orchestrator.logs.sealer import LogSealer
from stroem.orchestrator.notifier import Signals
from stroem.orchestrator.periodic import run_for_ever
from stroem.orchestrator.postgres_notifier import Bridge
from stroem.orchestrator.retention.blob_collector import BlobSweeper
from stroem.orchestrator.retention.event_pruner import EventSweeper
from stroem.orchestrator.retention.release_pruner import ReleaseSweeper
from stroem.orchestrator.retention.worker_pruner import WorkerSweeper
from stroem.store.database import Database


async def _no_release(release_id: int) -> Definitions:
    raise NotFound(kind="Release", name=release_id)


@attrs.frozen(kw_only=True)
class CoreOptions:
    """How the core behaves. Times are in seconds; `abilities` are those of runners that plugins bring, by name;
    of each workspace so many `releases` are kept; `definitions_of` reads those of a release.
    """

    lease_secs: int = 120
    output_bytes: int = OUTPUT_BYTES
    sweep_secs: float = 60
    unmatched_secs: int = 30
    timeouts: DefaultTimeouts = attrs.Factory(DefaultTimeouts)
    abilities: Mapping[str, str] = attrs.Factory(dict)
    definitions_of: DefinitionsOf = _no_release
    sinks: EventSinks = attrs.Factory(lambda: EventSinks({}))
    event_days: int = 90
    releases: int = 100
    worker_hours: int = 24
    retention_secs: float = 3600


@attrs.frozen(kw_only=True)
class Core:
    """The verbs that the server offers."""

    database: Database
    blobs: BlobStore
    signals: Signals
    shelf: PlanShelf
    plans: JobPlans
    starter: Starter
    dispatcher: Dispatcher
    canceller: Canceller
    logs: LogReader
    rescuer: Rescuer
    sealer: LogSealer
    sinks: EventSinks
    feed: EventFeed
    deliverer: EventDeliverer
    event_sweeper: EventSweeper
    release_sweeper: ReleaseSweeper
    blob_sweeper: BlobSweeper
    worker_sweeper: WorkerSweeper
    bridge: Bridge
    rescue: asyncio.Event


def build_core(database: Database, blobs: BlobStore, options: CoreOptions) -> Core:
    """Puts the parts together; nothing runs yet."""
    signals = Signals()
    rescue = asyncio.Event()
    shelf = PlanShelf(options.abilities)
    facts = JobFactsShelf()
    places = Places(shelf, facts)
    renderer = Renderer()
    plans = JobPlans(shelf, facts, renderer, options.definitions_of)
    intake = LogIntake(plans)
    recorder = Recorder(shelf, intake)
    failer = StepFailer(database, recorder, signals)
    canceller = Canceller(database, intake, signals, rescue)
    delivery = asyncio.Event()
    feed = EventFeed(database, delivery)
    signals.on_news(feed.hear)
    signals.on_others_news(feed.hear)
    return Core(
        database=database,
        blobs=blobs,
        signals=signals,
        shelf=shelf,
        plans=plans,
        starter=Starter(database, shelf, facts, renderer, signals, rescue, options.timeouts),
        dispatcher=Dispatcher(
            database,
            places,
            plans,
            NewsRecorder(database, places, plans, recorder, signals, failer, options.output_bytes),
            Claimer(database, plans, facts, renderer, failer),
            failer,
            signals,
            rescue,
            lease_secs=options.lease_secs,
            output_bytes=options.output_bytes,
        ),
        canceller=canceller,
        logs=LogReader(database, blobs, places, signals),
        rescuer=Rescuer(
            database,
            failer,
            canceller,
            signals,
            interval_secs=options.sweep_secs,
            lease_secs=options.lease_secs,
            unmatched_secs=options.unmatched_secs,
        ),
        sealer=LogSealer(database, blobs),
        sinks=options.sinks,
        feed=feed,
        deliverer=EventDeliverer(database, options.sinks, delivery),
        event_sweeper=EventSweeper(database, days=options.event_days, interval_secs=options.retention_secs),
        release_sweeper=ReleaseSweeper(database, kept=options.releases, interval_secs=options.retention_secs),
        blob_sweeper=BlobSweeper(database, blobs, interval_secs=options.retention_secs),
        worker_sweeper=WorkerSweeper(database, hours=options.worker_hours, interval_secs=options.retention_secs),
        bridge=Bridge(database, signals),
        rescue=rescue,
    )


@asynccontextmanager
async def run_core(core: Core) -> AsyncIterator[Core]:
    """The core with its loops running."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(run_for_ever(core.rescuer, core.rescue), name="rescuer"),
            group.create_task(run_for_ever(core.sealer, asyncio.Event()), name="sealer"),
            group.create_task(run_for_ever(core.feed, core.feed.woken), name="event feed"),
            group.create_task(core.deliverer.run(), name="event deliverer"),
            group.create_task(run_for_ever(core.event_sweeper, asyncio.Event()), name="event sweeper"),
            group.create_task(run_for_ever(core.release_sweeper, asyncio.Event()), name="release sweeper"),
            group.create_task(run_for_ever(core.blob_sweeper, asyncio.Event()), name="blob sweeper"),
            group.create_task(run_for_ever(core.worker_sweeper, asyncio.Event()), name="worker sweeper"),
            group.create_task(core.bridge.run(), name="bridge"),
        ]
        try:
            yield core
        finally:
            core.signals.close()
            for task in tasks:
                task.cancel()
