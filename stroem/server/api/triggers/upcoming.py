"""Coming fires of schedules of all workspaces."""

import asyncio
import datetime
from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.errors import BadRequest
from stroem.interfaces.triggers.time_trigger import Schedule, TimeTrigger
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.rights.reach import is_reached
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.triggers.next_runs import next_times, schedule_of
from stroem.server.api.triggers.trigger_info import state_of
from stroem.server.http.paging import clamp
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.triggers import triggers

_SPAN = datetime.timedelta(days=7)
_LONGEST_SPAN = datetime.timedelta(days=62)
_MOST_SCHEDULES = 5000
_MOST_FIRES = 2000
_MOST_OF_EACH = 200


@attrs.frozen(kw_only=True)
class UpcomingQuery:
    """A span of time: from now, for a week. At most `limit` fires, and `each` of one trigger."""

    from_: datetime.datetime | None = None
    to: datetime.datetime | None = None
    workspace: Annotated[str, Line()] | None = None
    limit: int = 200
    each: int = 10


@attrs.frozen(kw_only=True)
class UpcomingFire:
    """A coming fire of a schedule."""

    at: datetime.datetime
    workspace: str
    trigger: str
    task: str
    timezone: str | None


@attrs.frozen(kw_only=True)
class FrequentTrigger:
    """A schedule with more fires in the span than are shown: the last one shown is that at `until`."""

    workspace: str
    trigger: str
    task: str
    shown: int
    until: datetime.datetime


@attrs.frozen(kw_only=True)
class Upcoming:
    """Coming fires, the first first. `is_cut`: there are more in the span, of triggers other than `frequent` ones."""

    items: tuple[UpcomingFire, ...]
    frequent: tuple[FrequentTrigger, ...]
    is_cut: bool


async def get(request: web.Request, query: UpcomingQuery) -> Upcoming:
    """The coming fires of the live schedules of all workspaces, without paused and disabled ones."""
    start, end = _span(query)
    limit, each = clamp(query.limit, 1, _MOST_FIRES), clamp(query.each, 1, _MOST_OF_EACH)
    pairs = _pairs(request, query.workspace)
    async with request.app[SERVICES].database.read() as connection:
        rows = await triggers.of_pairs(connection, pairs[:_MOST_SCHEDULES])
    known = [
        found
        for pair, row in sorted(rows.items())
        if (found := await schedule_of(request.app, *pair, row.since)) is not None
    ]
    items, frequent = await asyncio.to_thread(_fires, known, start, end, each)
    return Upcoming(
        items=tuple(items[:limit]),
        frequent=tuple(frequent),
        is_cut=len(items) > limit or len(pairs) > _MOST_SCHEDULES,
    )


def _span(query: UpcomingQuery) -> tuple[datetime.datetime, datetime.datetime]:
    """The span of a query, from now at the earliest. Raises BadRequest."""
    now = datetime.datetime.now(datetime.UTC)
    start = max(now, query.from_ or now)
    try:
        end = query.to or start + _SPAN
        is_too_long = end - start > _LONGEST_SPAN
    except OverflowError:
        is_too_long = True
    if is_too_long:
        raise BadRequest(message=f"The span is longer than {_LONGEST_SPAN.days} days")
    return start, end


def _pairs(request: web.Request, workspace: str | None) -> list[tuple[str, str]]:
    """The live schedules that the client may see, each a workspace and a name."""
    reach = reach_for(request, "trigger.read")
    return sorted(
        (live.status.name, name)
        for live in request.app[CATALOG].live()
        if live.definitions is not None and workspace in (None, live.status.name)
        for name, trigger in live.definitions.triggers.items()
        if is_reached(reach, live.status.name, trigger.target)
        and isinstance(trigger.options, TimeTrigger)
        and state_of(live, name, trigger) == "live"
    )


def _fires(
    known: list[tuple[LiveTrigger, Schedule]], start: datetime.datetime, end: datetime.datetime, each: int
) -> tuple[list[UpcomingFire], list[FrequentTrigger]]:
    """The fires of a span, `each` of one trigger, and the triggers that have more."""
    found: list[UpcomingFire] = []
    frequent: list[FrequentTrigger] = []
    for live, schedule in known:
        times = [at for at in next_times(live, schedule, start, each + 1) if at <= end]
        about = {"workspace": live.workspace, "trigger": live.name, "task": live.trigger.task}
        zone = getattr(live.options, "timezone", None)
        found += [UpcomingFire(at=at, timezone=zone, **about) for at in times[:each]]
        if len(times) > each:
            frequent.append(FrequentTrigger(shown=each, until=times[each - 1], **about))
    return sorted(found, key=lambda one: (one.at, one.workspace, one.trigger)), frequent
