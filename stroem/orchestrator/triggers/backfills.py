"""Backfills: instants of a schedule fired after the fact."""

import asyncio
import datetime
import uuid
from collections.abc import Sequence

import attrs

from stroem.errors import BadRequest, Conflict, NotFound
from stroem.interfaces.triggers.time_trigger import Schedule, TimeTrigger
from stroem.orchestrator.events.sinks import EventSinks
from stroem.orchestrator.notifier import Notification, Notifier
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.orchestrator.triggers.release_reader import ReleaseReader
from stroem.records.event import NewEvent
from stroem.schedules.moments import read_moment
from stroem.store.database import Database
from stroem.store.events.events import add_events
from stroem.store.statement import Connection
from stroem.store.triggers import backfills
from stroem.store.triggers.backfills import BackfillRow, NewBackfill

MOST_INSTANTS = 10_000
"""Most instants of one backfill."""
_MICROSECOND = datetime.timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class BackfillRange:
    """The range of a backfill, both ends included, and its instants, in order."""

    start: datetime.datetime
    end: datetime.datetime
    since: datetime.datetime
    instants: Sequence[datetime.datetime]


class Backfills:
    """Starts and cancels backfills. The backfiller fires their instants."""

    def __init__(self, database: Database, files: ReleaseReader, sinks: EventSinks, notifier: Notifier) -> None:
        self._database = database
        self._files = files
        self._sinks = sinks
        self._notifier = notifier
        self.started = asyncio.Event()
        """Set when a backfill has been started here."""

    async def range_of(self, live: LiveTrigger, start: str, end: str | None, since: datetime.datetime) -> BackfillRange:
        """The instants of a schedule from `start` to `end`, at the latest now.

        Both are times, or dates in the time zone of the schedule. Raises BadRequest, TimesUnreadable.
        """
        if not isinstance(live.options, TimeTrigger):
            raise BadRequest(
                message=f"Trigger {live.name!r} is of type {live.trigger.type}: only schedules have instants"
            )
        timezone = getattr(live.options, "timezone", "UTC")
        now = datetime.datetime.now(datetime.UTC)
        first = _moment("start", start, timezone)
        last = min(now, _moment("end", end, timezone, end_of_day=True)) if end is not None else now
        if first > last:
            raise BadRequest(message="`start` (`--from`) must be before `end` (`--to`), and before now")
        since = min(since, first)
        read_file = await self._files.reader(live.options.files, live.release)
        schedule = Schedule(seed=live.source_id, since=since, read_file=read_file)
        instants = await asyncio.to_thread(_instants, live.options, schedule, first, last)
        if len(instants) > MOST_INSTANTS:
            message = f"There are more than {MOST_INSTANTS:,} instants between these times; choose a shorter range"
            raise BadRequest(message=message)
        return BackfillRange(start=first, end=last, since=since, instants=instants)

    async def start(
        self, live: LiveTrigger, found: BackfillRange, *, max_active: int, by: str, reason: str | None
    ) -> BackfillRow:
        """Starts a backfill, with at most `max_active` live jobs at once. Raises BadRequest without instants."""
        if not found.instants:
            raise BadRequest(message=f"Trigger {live.name!r} has no instants between these times")
        new = NewBackfill(
            id=uuid.uuid4(),
            workspace=live.workspace,
            trigger=live.name,
            from_at=found.start,
            to_at=found.end,
            since=found.since,
            max_active=max_active,
            instants=len(found.instants),
            by=by,
            reason=reason,
        )
        async with self._database.begin() as connection:
            await backfills.add(connection, new)
            row = await backfills.find(connection, live.workspace, live.name, new.id)
            assert row is not None
            await self.record(connection, row, f"of {new.instants} instants is started", by)
        self.started.set()
        self._notifier.publish(Notification(events=True))
        return row

    async def cancel(self, workspace: str, trigger: str, backfill: uuid.UUID, by: str) -> BackfillRow:
        """Cancels a running backfill: no further instants fire; jobs that run go on. Raises NotFound, Conflict."""
        async with self._database.begin() as connection:
            row = await backfills.find(connection, workspace, trigger, backfill)
            if row is None:
                raise NotFound(kind="Backfill", name=backfill)
            if not await backfills.end(connection, backfill, "cancelled"):
                raise Conflict(message=f"The backfill has ended: it is {row.status}")
            await self.record(connection, row, f"is cancelled after {row.fired} of {row.instants} instants", by)
            ended = await backfills.find(connection, workspace, trigger, backfill)
            assert ended is not None
        self._notifier.publish(Notification(events=True))
        return ended

    async def record(self, connection: Connection, row: BackfillRow, told: str, by: str | None) -> None:
        """Records an event of a backfill."""
        message = f"Backfill {str(row.id)[:8]} of trigger {row.trigger!r} {told}"
        if row.reason and row.fired == 0:
            message = f"{message} ({row.reason})"
        data = {
            "backfill": str(row.id),
            "trigger": row.trigger,
            "start": row.from_at.isoformat(),
            "end": row.to_at.isoformat(),
        }
        event = NewEvent(kind="trigger_backfill", workspace=row.workspace, message=message, by=by, data=data)
        await add_events(connection, [event], self._sinks.wanted_by)


def _moment(field: str, text: str, timezone: str, *, end_of_day: bool = False) -> datetime.datetime:
    moment = read_moment(text, timezone, end_of_day=end_of_day)
    if moment is None:
        raise BadRequest(message=f"`{field}` is no time: write one like 2026-12-01T09:00:00+01:00, or a date")
    return moment


def _instants(
    options: TimeTrigger, schedule: Schedule, start: datetime.datetime, end: datetime.datetime
) -> list[datetime.datetime]:
    """The instants between two times, both included; at most one more than a backfill may have."""
    found: list[datetime.datetime] = []
    after = start - _MICROSECOND
    while len(found) <= MOST_INSTANTS:
        instant = options.next_due(after, schedule)
        if instant is None or instant.at > end:
            break
        found.append(instant.at)
        after = instant.at
    return found
