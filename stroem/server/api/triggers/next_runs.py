"""Next times of schedules, as the scheduler of the server fires them."""

import asyncio
import datetime
import logging
from collections.abc import Mapping, Sequence

import attrs
from aiohttp import web

from stroem.errors import TemplateFailed
from stroem.interfaces.triggers.fire_times import next_fires
from stroem.interfaces.triggers.time_trigger import Schedule, TimesUnreadable, TimeTrigger
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.server.api.triggers.trigger_info import TriggerInfo
from stroem.server.keys import SERVICES
from stroem.store.triggers.triggers import TriggerRow

RUNS = 5
"""Number of next times that are shown of a schedule."""

_log = logging.getLogger(__name__)


async def with_next_runs(
    app: web.Application, workspace: str, infos: Sequence[TriggerInfo], rows: Mapping[str, TriggerRow]
) -> tuple[TriggerInfo, ...]:
    """The triggers with the next times of those that are live."""
    now = datetime.datetime.now(datetime.UTC)
    found = {
        one.name: await schedule_of(app, workspace, one.name, rows[one.name].since if one.name in rows else now)
        for one in infos
        if one.state == "live"
    }
    times = await asyncio.to_thread(
        lambda: {name: next_times(*schedule, now, RUNS) for name, schedule in found.items() if schedule is not None}
    )
    return tuple(attrs.evolve(one, next_runs=times.get(one.name, ())) for one in infos)


async def schedule_of(
    app: web.Application, workspace: str, name: str, since: datetime.datetime
) -> tuple[LiveTrigger, Schedule] | None:
    """The trigger, in effect since then, and the facts from which next times are computed; None for other triggers."""
    services = app[SERVICES].triggers
    try:
        live = services.live.get(workspace, name)
    except TemplateFailed:
        return None
    if live is None or not isinstance(live.options, TimeTrigger):
        return None
    read_file = await services.files.reader(live.options.files, live.release)
    return live, Schedule(seed=live.source_id, since=since, read_file=read_file)


def next_times(
    live: LiveTrigger, schedule: Schedule, after: datetime.datetime, count: int
) -> tuple[datetime.datetime, ...]:
    """The next times; none if its type cannot give any, which the trigger's problem tells."""
    try:
        return next_fires(attrs.evolve(live.trigger, options=live.options), after, count, schedule)
    except TimesUnreadable:
        return ()
    except Exception:  # a plugin may raise anything
        _log.exception("the type of trigger %s gives no next times", live.source_id)
        return ()
