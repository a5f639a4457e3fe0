"""Construction of the orchestrator's services."""

import asyncio

import attrs

from stroem.audit.marks import MarkSigner
from stroem.blobs.blob_store import BlobStore
from stroem.orchestrator.approval_links import ApprovalLinks
from stroem.orchestrator.artifacts.uploads import ArtifactUploads
from stroem.orchestrator.audit.services import AuditServices, build_audit
from stroem.orchestrator.cache.release_files import ReleaseFiles
from stroem.orchestrator.cache.step_cache import StepCache
from stroem.orchestrator.events.deliverer import EventDeliverer
from stroem.orchestrator.events.feed import EventFeed
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.hooks.request_files import RequestFiles
from stroem.orchestrator.hooks.services import HookServices, build_hooks
from stroem.orchestrator.jobs.batch_recorder import BatchRecorder
from stroem.orchestrator.jobs.claimer import Claimer
from stroem.orchestrator.jobs.decisions import Decisions
from stroem.orchestrator.jobs.exchange import Exchange
from stroem.orchestrator.jobs.exchange_transaction import ExchangeTransaction
from stroem.orchestrator.jobs.history_reader import HistoryReader
from stroem.orchestrator.jobs.hook_jobs import HookJobs
from stroem.orchestrator.jobs.job_creator import JobCreator
from stroem.orchestrator.jobs.job_driver import JobDriver
from stroem.orchestrator.jobs.job_loop import JobLoop
from stroem.orchestrator.jobs.legacy_protocol import LegacyProtocol
from stroem.orchestrator.jobs.local.begun_steps import BegunSteps
from stroem.orchestrator.jobs.local.replicas import Replicas
from stroem.orchestrator.jobs.new_jobs import NewJobs
from stroem.orchestrator.jobs.reminder_events import ReminderEvents
from stroem.orchestrator.jobs.request_answerer import RequestAnswerer
from stroem.orchestrator.jobs.rescuer import Rescuer, RescueTimes
from stroem.orchestrator.jobs.server_lines import ServerLines
from stroem.orchestrator.jobs.split_recorder import SplitRecorder
from stroem.orchestrator.jobs.starter import Starter
from stroem.orchestrator.jobs.state_uploads import StateUploads
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.jobs.step_inventory import StepInventory
from stroem.orchestrator.jobs.step_renderer import StepRenderer
from stroem.orchestrator.jobs.step_returns import StepReturns
from stroem.orchestrator.jobs.step_scopes import StepScopes
from stroem.orchestrator.jobs.worker_leases import LeaseTimes, WorkerLeases
from stroem.orchestrator.limits.deadlocks import DeadlockFinder
from stroem.orchestrator.limits.job_slots import JobSlots
from stroem.orchestrator.limits.limit_sizes import LimitSizes
from stroem.orchestrator.limits.rate_windows import RateWindows
from stroem.orchestrator.live.live_feed import LiveFeed
from stroem.orchestrator.logs.appender import LogAppender
from stroem.orchestrator.logs.log_searcher import LogSearcher
from stroem.orchestrator.logs.log_summaries import LogSummaries
from stroem.orchestrator.logs.reader import LogReader
from stroem.orchestrator.logs.sealer import LogSealer
from stroem.orchestrator.notifier import Notifier
from stroem.orchestrator.operations.approvals import Approvals
from stroem.orchestrator.operations.canceller import Canceller
from stroem.orchestrator.operations.dry_runner import DryRunner
from stroem.orchestrator.operations.field_options import FieldOptions
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.orchestrator.operations.pauser import Pauser
from stroem.orchestrator.operations.rerunner import Rerunner
from stroem.orchestrator.operations.signaller import Signaller
from stroem.orchestrator.operations.step_pauser import StepPauser
from stroem.orchestrator.outputs.keeper import OutputKeeper
from stroem.orchestrator.outputs.reader import OutputReader
from stroem.orchestrator.placement.queue_needs import QueueNeeds
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.plan_cache import PlanCache
from stroem.orchestrator.plans.plan_secrets import PlanSecrets
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.shared_tasks import SharedTasks
from stroem.orchestrator.plans.step_names import StepNames
from stroem.orchestrator.postgres_notifier import PostgresNotifier
from stroem.orchestrator.reruns.former_jobs import FormerJobs
from stroem.orchestrator.retention.artifact_pruner import ArtifactPruner
from stroem.orchestrator.retention.audit_pruner import AuditPruner
from stroem.orchestrator.retention.blob_collector import BlobCollector
from stroem.orchestrator.retention.cache_pruner import CachePruner
from stroem.orchestrator.retention.delivery_pruner import DeliveryPruner
from stroem.orchestrator.retention.event_pruner import EventPruner
from stroem.orchestrator.retention.release_pruner import ReleasePruner
from stroem.orchestrator.retention.slot_pruner import SlotPruner
from stroem.orchestrator.retention.state_pruner import StatePruner
from stroem.orchestrator.retention.worker_pruner import WorkerPruner
from stroem.orchestrator.secrets.services import SecretServices, build_secrets
from stroem.orchestrator.service_options import ServiceOptions
from stroem.orchestrator.state.contents import StateBlobs
from stroem.orchestrator.state.snapshots import Snapshots
from stroem.orchestrator.state.values import StateValues
from stroem.orchestrator.triggers.services import TriggerParts, TriggerServices, build_triggers
from stroem.store.database import Database


@attrs.frozen(kw_only=True)
class Services:
    """The services that request handlers use, and the loops behind them."""

    database: Database
    blobs: BlobStore
    notifier: Notifier
    plan_cache: PlanCache
    plans: JobPlans
    names: StepNames
    outputs: OutputReader
    starter: Starter
    rerunner: Rerunner
    dry_runner: DryRunner
    leases: WorkerLeases
    exchange: Exchange
    inventory: StepInventory
    replicas: Replicas
    recorder: SplitRecorder
    legacy: LegacyProtocol
    snapshots: Snapshots
    state_uploads: StateUploads
    artifact_uploads: ArtifactUploads
    step_cache: StepCache
    canceller: Canceller
    approvals: Approvals
    field_options: FieldOptions
    links: ApprovalLinks
    pauser: Pauser
    step_pauser: StepPauser
    signaller: Signaller
    job_loop: JobLoop
    logs: LogReader
    log_searcher: LogSearcher
    log_summaries: LogSummaries
    history: HistoryReader
    rescuer: Rescuer
    sealer: LogSealer
    sinks: EventSinks
    secrets: SecretServices
    feed: EventFeed
    live: LiveFeed
    deliverer: EventDeliverer
    event_pruner: EventPruner
    release_pruner: ReleasePruner
    blob_collector: BlobCollector
    worker_pruner: WorkerPruner
    state_pruner: StatePruner
    artifact_pruner: ArtifactPruner
    cache_pruner: CachePruner
    limit_sizes: LimitSizes
    deadlock_finder: DeadlockFinder
    slot_pruner: SlotPruner
    triggers: TriggerServices
    hooks: HookServices
    delivery_pruner: DeliveryPruner
    audit: AuditServices
    audit_pruner: AuditPruner
    postgres_notifier: PostgresNotifier


def build_services(database: Database, blobs: BlobStore, options: ServiceOptions) -> Services:
    """Builds the services without starting their loops."""
    notifier = Notifier()
    plan_cache = PlanCache(options.abilities, options.flow_of)
    secrets = build_secrets(database, options.secret_stores, options.secret_keys, encrypts=options.encrypts)
    cached_jobs = JobCache(plan_cache, secrets.inputs)
    names = StepNames(cached_jobs)
    renderer = Renderer()
    plans = JobPlans(cached_jobs, renderer, options.definitions_of, PlanSecrets(secrets.values))
    needs = QueueNeeds(database)
    notifier.on_receive(needs.on_received)
    states = StateValues()
    new_jobs = NewJobs(
        database,
        plans,
        renderer,
        JobSlots(renderer, options.limits.keys()),
        options.timeouts,
        SharedTasks(options.current_task),
    )
    hook_jobs = HookJobs(plans, renderer, new_jobs, names, options.links, options.public_url, signs_in=options.signs_in)
    former_jobs = FormerJobs(cached_jobs, names)
    step_cache = StepCache(database, ReleaseFiles(blobs), renderer, names)
    outputs = OutputReader(database, blobs)
    answerer = RequestAnswerer(plans, renderer, new_jobs, hook_jobs, states, former_jobs, step_cache, outputs)
    decisions = Decisions(plan_cache, answerer, options.kinds, secrets.rows)
    lines = ServerLines(LogAppender(plans), names)
    keeper = OutputKeeper(database, blobs)
    reminders = ReminderEvents(names, options.sinks)
    driver = JobDriver(decisions, plans, lines, needs, notifier, keeper, reminders, cancel_grace=options.cancel_grace)
    failer = StepFailer(database, driver, plans, notifier)
    live_jobs = LiveJobs(database, driver, plans)
    times = RescueTimes(
        interval_secs=options.sweep_secs,
        lease_secs=options.lease_secs,
        local_secs=options.local_lease_secs,
        unmatched_secs=options.unmatched_secs,
    )
    rescuer = Rescuer(database, failer, notifier, times)
    leases = WorkerLeases(
        database,
        notifier,
        rescuer.woken,
        LeaseTimes(lease_secs=options.lease_secs, local_secs=options.local_lease_secs),
        output_bytes=options.output_bytes,
    )
    contents = StateBlobs(blobs, document_bytes=options.output_bytes)
    snapshots = Snapshots(database, contents, options.kept_state)
    batches = BatchRecorder(names, plans, driver, snapshots, output_bytes=options.output_bytes)
    recorder = SplitRecorder(database, batches, plans, notifier, failer)
    inventory = StepInventory(database, names, failer)
    rendering = StepRenderer(plans, renderer, names, StepScopes(states), outputs, server_key=options.key)
    claimer = Claimer(database, plans, needs, rendering, failer, local_secs=options.local_lease_secs)
    begun = BegunSteps(database, plans, driver, names, claimer)
    transaction = ExchangeTransaction(database, plans, recorder, claimer, begun, inventory, notifier)
    returns = StepReturns(database, driver, plans, names, failer)
    creator = JobCreator(driver, plans)
    starter = Starter(database, new_jobs, creator, plans)
    canceller = Canceller(database, driver, live_jobs, failer, notifier)
    delivery = asyncio.Event()
    trigger_parts = TriggerParts(
        database=database,
        blobs=blobs,
        new_jobs=new_jobs,
        creator=creator,
        plans=plans,
        renderer=renderer,
        notifier=notifier,
        sinks=options.sinks,
        definitions_of=options.definitions_of,
        current_task=options.current_task,
        names=names,
        public_url=options.public_url,
        cancel=canceller.cancel,
        retention_secs=options.retention_secs,
        rows=secrets.rows,
    )
    triggers = build_triggers(trigger_parts, options.triggers)
    request_files = RequestFiles(database, blobs, options.artifact_limits)
    log_reader = LogReader(database, blobs, names, notifier)
    feed = EventFeed(database, delivery, notifier)
    return Services(
        database=database,
        blobs=blobs,
        notifier=notifier,
        plan_cache=plan_cache,
        plans=plans,
        names=names,
        outputs=outputs,
        starter=starter,
        rerunner=Rerunner(database, plans, new_jobs, starter, former_jobs, names, options.definitions_of),
        dry_runner=DryRunner(database, new_jobs, plan_cache, renderer, step_cache),
        leases=leases,
        exchange=Exchange(leases, transaction, returns, inventory, notifier),
        inventory=inventory,
        replicas=Replicas(database, plans, driver, states, outputs),
        recorder=recorder,
        legacy=LegacyProtocol(database, names, recorder),
        snapshots=snapshots,
        state_uploads=StateUploads(database, snapshots, plan_cache),
        artifact_uploads=ArtifactUploads(database, blobs, names, cached_jobs, options.artifact_limits),
        step_cache=step_cache,
        canceller=canceller,
        links=options.links,
        approvals=Approvals(live_jobs, driver, plans, names, renderer, signs_in=options.signs_in),
        field_options=FieldOptions(database, plan_cache, renderer, new_jobs, starter, canceller),
        pauser=Pauser(live_jobs, driver),
        step_pauser=StepPauser(live_jobs, driver, plans, names),
        signaller=Signaller(live_jobs, driver, plans, renderer, secrets.rows),
        job_loop=JobLoop(database, driver, plans, failer, RateWindows(database), notifier),
        logs=log_reader,
        log_searcher=LogSearcher(log_reader),
        log_summaries=LogSummaries(log_reader),
        history=HistoryReader(database, names, notifier),
        rescuer=rescuer,
        sealer=LogSealer(database, blobs),
        sinks=options.sinks,
        secrets=secrets,
        feed=feed,
        live=LiveFeed(database, notifier, feed),
        deliverer=EventDeliverer(database, options.sinks, delivery),
        event_pruner=EventPruner(database, days=options.event_days, interval_secs=options.retention_secs),
        release_pruner=ReleasePruner(database, kept=options.releases, interval_secs=options.retention_secs),
        blob_collector=BlobCollector(database, blobs, interval_secs=options.retention_secs),
        worker_pruner=WorkerPruner(database, hours=options.worker_hours, interval_secs=options.retention_secs),
        state_pruner=StatePruner(database, interval_secs=options.retention_secs),
        artifact_pruner=ArtifactPruner(database, days=options.artifact_days, interval_secs=options.retention_secs),
        cache_pruner=CachePruner(database, kept=options.cached_results, interval_secs=options.retention_secs),
        limit_sizes=LimitSizes(database, options.definitions_of, options.limits, notifier),
        deadlock_finder=DeadlockFinder(database, notifier),
        slot_pruner=SlotPruner(database, interval_secs=options.retention_secs),
        triggers=triggers,
        hooks=build_hooks(request_files, renderer, triggers, options.triggers, database, secrets.rows),
        delivery_pruner=DeliveryPruner(
            database, days=options.delivery_days, keep=options.deliveries, interval_secs=options.retention_secs
        ),
        audit=build_audit(database, options.key, options.sinks, options.audit_head_file),
        audit_pruner=AuditPruner(
            database, MarkSigner(options.key), days=options.audit_days, interval_secs=options.retention_secs
        ),
        postgres_notifier=PostgresNotifier(database, notifier),
    )
