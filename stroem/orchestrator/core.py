"""Everything that turns requests into running steps, put together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import attrs

from stroem.blobs.blob_store import BlobStore
from stroem.orchestrator.bridge import Bridge
from stroem.orchestrator.canceller import Canceller
from stroem.orchestrator.claimer import Claimer
from stroem.orchestrator.dispatcher import Dispatcher
from stroem.orchestrator.duty import run_for_ever
from stroem.orchestrator.job_facts import JobFactsShelf
from stroem.orchestrator.log_intake import LogIntake
from stroem.orchestrator.log_reader import LogReader
from stroem.orchestrator.log_sealer import LogSealer
from stroem.orchestrator.masks import Masks
from stroem.orchestrator.places import Places
from stroem.orchestrator.plan_shelf import PlanShelf
from stroem.orchestrator.recorder import Recorder
from stroem.orchestrator.rescuer import Rescuer
from stroem.orchestrator.signals import Signals
from stroem.orchestrator.starter import DefaultTimeouts, Starter
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class CoreOptions:
    """How the core behaves. Times are in seconds; `abilities` are those of runners that plugins bring, by name."""

    lease_secs: int = 120
    sweep_secs: float = 60
    unmatched_secs: int = 30
    timeouts: DefaultTimeouts = attrs.Factory(DefaultTimeouts)
    abilities: Mapping[str, str] = attrs.Factory(dict)


@attrs.frozen(kw_only=True)
class Core:
    """The verbs that the server offers."""

    database: Database
    blobs: BlobStore
    signals: Signals
    shelf: PlanShelf
    starter: Starter
    dispatcher: Dispatcher
    canceller: Canceller
    logs: LogReader
    rescuer: Rescuer
    sealer: LogSealer
    bridge: Bridge
    rescue: asyncio.Event


def build_core(database: Database, blobs: BlobStore, options: CoreOptions) -> Core:
    """Puts the parts together; nothing runs yet."""
    signals = Signals()
    rescue = asyncio.Event()
    shelf = PlanShelf(options.abilities)
    facts = JobFactsShelf()
    places = Places(shelf, facts)
    recorder = Recorder(shelf, LogIntake(Masks(shelf, facts)))
    canceller = Canceller(database, signals)
    return Core(
        database=database,
        blobs=blobs,
        signals=signals,
        shelf=shelf,
        starter=Starter(database, shelf, facts, signals, rescue, options.timeouts),
        dispatcher=Dispatcher(
            database, places, recorder, Claimer(shelf, facts), signals, rescue, lease_secs=options.lease_secs
        ),
        canceller=canceller,
        logs=LogReader(database, blobs, places, signals),
        rescuer=Rescuer(
            database,
            recorder,
            canceller,
            signals,
            interval_secs=options.sweep_secs,
            lease_secs=options.lease_secs,
            unmatched_secs=options.unmatched_secs,
        ),
        sealer=LogSealer(database, blobs),
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
            group.create_task(core.bridge.run(), name="bridge"),
        ]
        try:
            yield core
        finally:
            core.signals.close()
            for task in tasks:
                task.cancel()
