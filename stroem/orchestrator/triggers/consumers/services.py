"""Construction of the services of consumers, and their loops."""

import asyncio
from typing import TYPE_CHECKING

import attrs

from stroem.orchestrator.cache.release_files import ReleaseFiles
from stroem.orchestrator.periodic import run_periodically
from stroem.orchestrator.triggers.consumers.consumer_events import ConsumerEvents
from stroem.orchestrator.triggers.consumers.consumer_jobs import ConsumerJobs
from stroem.orchestrator.triggers.consumers.dead_letter_office import DeadLetterOffice
from stroem.orchestrator.triggers.consumers.event_recorder import EventRecorder
from stroem.orchestrator.triggers.consumers.event_taker import EventTaker
from stroem.orchestrator.triggers.consumers.letters import Letters
from stroem.orchestrator.triggers.consumers.orphans import ConsumerOrphans
from stroem.orchestrator.triggers.consumers.room import EventRooms
from stroem.orchestrator.triggers.consumers.supervisor import ConsumerSupervisor
from stroem.orchestrator.triggers.counters import TriggerCounters
from stroem.orchestrator.triggers.firer import Firer
from stroem.orchestrator.triggers.live_triggers import LiveTriggers
from stroem.orchestrator.triggers.options import TriggerOptions

if TYPE_CHECKING:
    from stroem.orchestrator.triggers.services import TriggerParts


@attrs.frozen(kw_only=True)
class ConsumerServices:
    """The services of consumers."""

    supervisor: ConsumerSupervisor
    taker: EventTaker
    letters: DeadLetterOffice

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Starts the loops in a group."""
        return [
            group.create_task(
                run_periodically(self.supervisor, self.supervisor.woken, is_exact=True), name="consumer supervisor"
            ),
        ]


def build_consumers(
    parts: "TriggerParts", options: TriggerOptions, live: LiveTriggers, firer: Firer, counters: TriggerCounters
) -> ConsumerServices:
    """Builds the services without starting their loops."""
    database, notifier = parts.database, parts.notifier
    jobs = ConsumerJobs(parts.new_jobs, parts.creator, ReleaseFiles(parts.blobs), parts.current_task)
    events = ConsumerEvents(parts.sinks)
    recorder = EventRecorder(firer, Letters(options.current_workspace), counters, events)
    orphans = ConsumerOrphans(database, options.workspaces)
    return ConsumerServices(
        supervisor=ConsumerSupervisor(database, live, jobs, parts.plans, parts.cancel, notifier, orphans, events),
        taker=EventTaker(recorder, live, EventRooms(database, notifier), notifier),
        letters=DeadLetterOffice(database, firer, live),
    )
