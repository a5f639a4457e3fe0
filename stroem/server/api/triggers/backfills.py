"""Backfills of schedules."""

import datetime
import uuid
from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Range
from stroem.conversion.suggestions import missing
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.server.api.lookup import current_definitions
from stroem.server.api.workspace_operations import Act, masked_reason
from stroem.server.http.actor import actor_of, author_of
from stroem.server.keys import SERVICES
from stroem.store.triggers import backfills, triggers
from stroem.store.triggers.backfills import BackfillRow

_SHOWN_INSTANTS = 1000
_SHOWN = 20


@attrs.frozen(kw_only=True)
class BackfillBody(Act):
    """A backfill of the instants from `start` to `end`, both included, at the latest now.

    Both are times, or dates in the time zone of the schedule. At most `max_active` of its jobs are live at once. With
    `dry_run` nothing is started.
    """

    start: str
    end: str | None = None
    max_active: Annotated[int, Range(at_least=1, at_most=1000)] = 1
    dry_run: bool = False


@attrs.frozen(kw_only=True)
class Backfill:
    """A backfill of a schedule.

    `status` is `running`, `completed`, `cancelled` or `failed`. Of its `instants`, `fired` have fired; `failed` of
    these could not start a job; `live` jobs of them run. `problem` is the reason why it cannot go on.
    """

    id: uuid.UUID
    status: str
    start: datetime.datetime
    end: datetime.datetime
    max_active: int
    instants: int
    fired: int
    failed: int
    live: int
    by: str
    reason: str | None
    problem: str | None
    created_at: datetime.datetime
    ended_at: datetime.datetime | None


@attrs.frozen(kw_only=True)
class StartedBackfill:
    """A started backfill, none for a dry run; the number of instants, and the first 1000 of them."""

    backfill: Backfill | None
    count: int
    instants: tuple[datetime.datetime, ...]


async def start(request: web.Request, workspace: str, trigger: str, body: BackfillBody) -> StartedBackfill:
    """Fires the instants of a schedule between two times, in order, or shows them."""
    services, live = request.app[SERVICES], _find(request, workspace, trigger)
    async with services.database.read() as connection:
        row = await triggers.find(connection, workspace, trigger)
    since = datetime.datetime.now(datetime.UTC) if row is None else row.since
    found = await services.triggers.backfills.range_of(live, body.start, body.end, since)
    started = None
    if not body.dry_run:
        by, reason = author_of(request, body.by) or actor_of(request), masked_reason(request.app, body, workspace)
        started = backfill_of(
            await services.triggers.backfills.start(live, found, max_active=body.max_active, by=by, reason=reason)
        )
    return StartedBackfill(
        backfill=started, count=len(found.instants), instants=tuple(found.instants[:_SHOWN_INSTANTS])
    )


async def list_backfills(request: web.Request, workspace: str, trigger: str) -> tuple[Backfill, ...]:
    """The last twenty backfills of a schedule, newest first."""
    _find(request, workspace, trigger)
    async with request.app[SERVICES].database.read() as connection:
        rows = await backfills.of_trigger(connection, workspace, trigger, _SHOWN)
    return tuple(backfill_of(row) for row in rows)


async def cancel(request: web.Request, workspace: str, trigger: str, backfill: uuid.UUID, body: Act) -> Backfill:
    """Cancels a running backfill: no further instants fire. Jobs that run go on."""
    by = author_of(request, body.by) or actor_of(request)
    return backfill_of(await request.app[SERVICES].triggers.backfills.cancel(workspace, trigger, backfill, by))


def backfill_of(row: BackfillRow) -> Backfill:
    """A backfill as its row has it."""
    return Backfill(
        id=row.id,
        status=row.status,
        start=row.from_at,
        end=row.to_at,
        max_active=row.max_active,
        instants=row.instants,
        fired=row.fired,
        failed=row.failed,
        live=row.live,
        by=row.by,
        reason=row.reason,
        problem=row.problem,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _find(request: web.Request, workspace: str, trigger: str) -> LiveTrigger:
    """A trigger of the current release. Raises NotFound, Unavailable."""
    known = current_definitions(request.app, workspace).triggers
    live = request.app[SERVICES].triggers.live.get(workspace, trigger)
    if live is None:
        raise missing("Trigger", trigger, known)
    return live
