"""Scheduler: fires the time triggers that are due."""

import asyncio
import datetime
import logging
from collections.abc import Sequence

import attrs

from stroem.interfaces.triggers.time_trigger import Instant, Schedule, TimeTrigger
from stroem.interfaces.triggers.trigger_type import Fire
from stroem.orchestrator.notifier import POLL_SECS
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.triggers.claimed_batch import ClaimedBatch
from stroem.orchestrator.triggers.counters import TriggerCounters
from stroem.orchestrator.triggers.due_instants import DueInstants, due_instants, first_instant
from stroem.orchestrator.triggers.fire_request import FireRequest
from stroem.orchestrator.triggers.firer import Firer, Outdated
from stroem.orchestrator.triggers.live_triggers import LiveTrigger, LiveTriggers
from stroem.orchestrator.triggers.refresher import Poll, Refresher
from stroem.orchestrator.triggers.release_reader import ReleaseReader
from stroem.store.batch_isolation import reason_of
from stroem.store.database import Database
from stroem.store.triggers import fires, triggers
from stroem.store.triggers.fires import NewFire
from stroem.store.triggers.triggers import TriggerRow

_BATCH = 100
_LEAST_SECS = 0.1
"""Least pause after nothing could be claimed: what is due waits for another server, or for a release."""
_log = logging.getLogger(__name__)

Pair = tuple[str, str]


@attrs.frozen(kw_only=True)
class _Due:
    """A due trigger: what fires, and its row."""

    row: TriggerRow
    live: LiveTrigger
    instants: DueInstants


class Scheduler:
    """Fires due schedules, in batches. Any server may do it at any time; a bad schedule does not stop the others."""

    def __init__(
        self,
        database: Database,
        live: LiveTriggers,
        firer: Firer,
        plans: JobPlans,
        counters: TriggerCounters,
        poll: Poll,
        files: ReleaseReader,
    ) -> None:
        self._database = database
        self._live = live
        self._firer = firer
        self._counters = counters
        self._files = files
        self.woken = asyncio.Event()
        self._batch: ClaimedBatch[Pair] = ClaimedBatch(plans, _BATCH)
        self._refresher = Refresher(poll, self.woken)

    async def run_once(self) -> bool:
        """Fires a batch of due schedules; True if there may be more."""
        return await self._batch.run(self._fire_due, self._refuse)

    async def pause_secs(self) -> float:
        """Seconds until a schedule is due."""
        async with self._database.read() as connection:
            secs = await triggers.secs_to_due(connection, "time", self._live.workspaces(), POLL_SECS)
        return secs if self._batch.claimed else max(secs, _LEAST_SECS)

    async def _fire_due(self, among: Sequence[Pair] | None) -> int:
        """Fires due schedules, of all or among some; returns the number of claimed ones."""
        async with self._database.begin() as connection:
            rows = await triggers.claim_due(
                connection, "time", self._live.releases(), _BATCH, among=among, excluded=self._refresher.waiting
            )
            if not rows:
                return 0
            if among is None:
                self._batch.claimed = [(row.workspace, row.name) for row in rows]
            now = datetime.datetime.now(datetime.UTC)
            due = [one for row in rows if (one := await self._due(row, now)) is not None]
            requests = [_request(one, number) for one in due for number in range(len(one.instants.fires))]
            await fires.add(connection, [_missed(one) for one in due if one.instants.missed])
            recording = await self._firer.record(connection, [await self._firer.prepare(one) for one in requests])
            await triggers.reschedule(connection, [_next(one) for one in due])
        await self._firer.committed(recording)
        for one in due:
            for instant in one.instants.fires:
                self._counters.count_lateness((now - instant.due).total_seconds())
        return len(rows)

    async def _due(self, row: TriggerRow, now: datetime.datetime) -> _Due | None:
        """The due instants of a claimed row; None for one that waits for a poll of its source. Raises Outdated."""
        live = self._live.get(row.workspace, row.name)
        if live is None or not isinstance(live.options, TimeTrigger):
            raise Outdated
        pair = (row.workspace, row.name)
        if live.trigger.force_refresh and row.scheduled_at and not self._refresher.is_done(pair, row.scheduled_at):
            return None
        read_file = await self._files.reader(live.options.files, live.release)
        schedule = Schedule(seed=live.source_id, since=row.since, read_file=read_file)
        if row.scheduled_at is None:
            instants = first_instant(live.options, schedule, now)
        else:
            instants = due_instants(live.options, schedule, row.scheduled_at, now)
        return _Due(row=row, live=live, instants=instants)

    async def _refuse(self, pair: Pair, error: Exception) -> None:
        """Puts off a schedule that cannot be fired, with the reason."""
        _log.error("trigger %s of workspace %s cannot fire", pair[1], pair[0], exc_info=error)
        async with self._database.begin() as connection:
            await triggers.put_off(connection, pair, reason_of(error))


def _request(one: _Due, number: int) -> FireRequest:
    instant = one.instants.fires[number]
    previous = one.instants.fires[number - 1].at if number else one.row.previous_at
    about = {
        "scheduled_at": instant.at.isoformat(),
        "previous_at": None if previous is None else previous.isoformat(),
    }
    fire = Fire(key=_key(instant), context={"trigger": about}, scheduled_at=instant.at)
    return FireRequest(workspace=one.row.workspace, trigger=one.row.name, fire=fire)


def _key(instant: Instant) -> str:
    return f"at:{instant.at.isoformat()}"


def _missed(one: _Due) -> NewFire:
    assert one.row.scheduled_at is not None
    at = one.row.scheduled_at
    return NewFire(
        workspace=one.row.workspace,
        trigger=one.row.name,
        key=f"missed:{at.isoformat()}",
        verdict="missed",
        scheduled_at=at,
        reason="times from this on were missed while no server ran, and were not caught up",
    )


def _next(one: _Due) -> triggers.Schedule:
    following, fired = one.instants.next, one.instants.fires
    return triggers.Schedule(
        workspace=one.row.workspace,
        name=one.row.name,
        due_at=None if following is None else following.due,
        scheduled_at=None if following is None else following.at,
        previous_at=fired[-1].at if fired else one.row.previous_at,
    )
