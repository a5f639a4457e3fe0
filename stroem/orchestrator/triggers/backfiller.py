"""Backfiller: fires the instants of backfills, with a bounded number of live jobs."""

import logging
import uuid

import attrs

from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.notifier import POLL_SECS, Notification, Notifier
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.triggers.backfills import Backfills
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.orchestrator.triggers.firer import Firer, Outdated, Recording
from stroem.orchestrator.triggers.live_triggers import LiveTrigger, LiveTriggers
from stroem.orchestrator.triggers.release_reader import ReleaseReader
from stroem.store.batch_isolation import is_outage, reason_of
from stroem.store.database import Database
from stroem.store.statement import Connection
from stroem.store.triggers import backfills
from stroem.store.triggers.backfills import BackfillRow, Progress

_BATCH = 50
_LEAST_SECS = 0.1
"""Least pause while a release is not known here."""
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class _Found:
    """Instants to fire now, and whether more follow."""

    instants: tuple[Instant, ...]
    more: bool


class Backfiller:
    """Fires instants of running backfills, in order. Any server may do it at any time.

    The fires and the position of a backfill are written in one transaction, so each instant fires once.
    """

    def __init__(
        self,
        database: Database,
        live: LiveTriggers,
        firer: Firer,
        plans: JobPlans,
        files: ReleaseReader,
        operations: Backfills,
        notifier: Notifier,
    ) -> None:
        self._database = database
        self._live = live
        self._firer = firer
        self._plans = plans
        self._files = files
        self._operations = operations
        self._notifier = notifier
        self.woken = operations.started
        self._watched: dict[uuid.UUID, uuid.UUID] = {}
        self._changed: set[uuid.UUID] = set()
        self._claimed: BackfillRow | None = None
        notifier.on_publish(self._on_notification)
        notifier.on_receive(self._on_notification)

    def _on_notification(self, notification: Notification) -> None:
        """Checks the backfills of jobs that have changed."""
        if changed := self._watched.keys() & notification.jobs:
            self._changed.update(self._watched[job_id] for job_id in changed)
            self.woken.set()

    async def run_once(self) -> bool:
        """Advances one backfill that is due; True if there may be more."""
        self._claimed = None
        try:
            return await self._plans.run(self._advance)
        except Outdated:
            return False
        except Exception as error:
            if is_outage(error) or self._claimed is None:
                raise
            await self._refuse(self._claimed, error)
        return True

    async def pause_secs(self) -> float:
        """Seconds until a backfill is due."""
        async with self._database.read() as connection:
            secs = await backfills.secs_to_due(connection, self._live.workspaces(), POLL_SECS)
        return max(secs, _LEAST_SECS)

    async def _advance(self) -> bool:
        changed = frozenset(self._changed)
        async with self._database.begin() as connection:
            row = self._claimed = await backfills.claim_due(connection, self._live.workspaces(), changed)
            if row is None:
                self._changed -= changed
                return False
            recording = await self._advance_one(connection, row)
        self._changed.discard(row.id)
        if recording is None:
            self._notifier.publish(Notification(events=True))
        else:
            self._watched.update({one.job_id: row.id for one in recording.results if one.job_id is not None})
            await self._firer.committed(recording)
        return True

    async def _advance_one(self, connection: Connection, row: BackfillRow) -> Recording | None:
        """Fires the next instants; None for a backfill that has ended."""
        active = await backfills.live_jobs(connection, row.id)
        self._watch(row, active)
        live = self._live.get(row.workspace, row.trigger)
        if live is None or not isinstance(live.options, TimeTrigger):
            await self._end(connection, row, "failed", "its workspace has no such schedule any more")
            return None
        found = await self._next(row, live, live.options, row.max_active - len(active))
        if not found.instants and not found.more and not active:
            await self._end(connection, row, "completed")
            return None
        requests = [_request(row, found.instants, number) for number in range(len(found.instants))]
        recording = await self._firer.record(connection, [await self._firer.prepare(one) for one in requests])
        refused = next((one for one in recording.results if one.verdict == "refused"), None)
        if refused is not None:
            await self._end(connection, row, "failed", refused.reason)
            return None
        started = [one.job_id for one in recording.results if one.verdict == "started" and one.job_id is not None]
        is_next_now = found.more or not (active or started)
        progress = Progress(
            last_at=found.instants[-1].at if found.instants else None,
            fired=len(found.instants),
            failed=sum(one.verdict == "failed" for one in recording.results),
            started=started,
            pause_secs=0 if is_next_now and len(active) + len(started) < row.max_active else POLL_SECS,
        )
        await backfills.advance(connection, row.id, progress)
        return recording

    async def _next(self, row: BackfillRow, live: LiveTrigger, options: TimeTrigger, room: int) -> _Found:
        """The next instants for which there is room."""
        read_file = await self._files.reader(options.files, live.release)
        schedule = Schedule(seed=live.source_id, since=row.since, read_file=read_file)
        found: list[Instant] = []
        instant = options.next_due(row.cursor_at, schedule)
        while instant is not None and instant.at <= row.to_at and len(found) < min(room, _BATCH):
            found.append(instant)
            instant = options.next_due(instant.at, schedule)
        return _Found(instants=tuple(found), more=instant is not None and instant.at <= row.to_at)

    async def _end(self, connection: Connection, row: BackfillRow, status: str, problem: str | None = None) -> None:
        await backfills.end(connection, row.id, status, problem)
        told = f"is {status}: {row.fired} of {row.instants} instants have fired"
        await self._operations.record(connection, row, f"{told}; {problem}" if problem else told, None)

    def _watch(self, row: BackfillRow, active: list[uuid.UUID]) -> None:
        self._watched = {job_id: backfill for job_id, backfill in self._watched.items() if backfill != row.id}
        self._watched.update(dict.fromkeys(active, row.id))

    async def _refuse(self, row: BackfillRow, error: Exception) -> None:
        """Puts off a backfill that cannot go on, with the reason."""
        _log.error("backfill %s of trigger %s cannot go on", row.id, row.trigger, exc_info=error)
        async with self._database.begin() as connection:
            await backfills.put_off(connection, row.id, reason_of(error))


def _request(row: BackfillRow, instants: tuple[Instant, ...], number: int) -> FireRequest:
    at = instants[number].at
    previous = instants[number - 1].at if number else row.previous_at
    about = {
        "scheduled_at": at.isoformat(),
        "previous_at": None if previous is None else previous.isoformat(),
        "backfill": str(row.id),
    }
    fire = Fire(key=f"backfill:{row.id}:{at.isoformat()}", context={"trigger": about}, scheduled_at=at)
    return FireRequest(workspace=row.workspace, trigger=row.trigger, fire=fire, actor=row.by, takes_turns=True)
