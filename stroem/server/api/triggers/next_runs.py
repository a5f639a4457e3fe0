"""Next times of schedules, as the scheduler fires them."""

import datetime

from stroem.interfaces.triggers.fire_times import next_fires
from stroem.interfaces.triggers.time_trigger import Schedule, TimesUnreadable, TimeTrigger
from stroem.orchestrator.triggers.services import TriggerServices
from stroem.server.api.triggers.trigger_info import RUNS, TriggerInfo
from stroem.store.triggers.triggers import TriggerRow


async def next_runs(
    services: TriggerServices, workspace: str, info: TriggerInfo, row: TriggerRow | None
) -> tuple[datetime.datetime, ...]:
    """The next times of a live schedule, from its row: with its anchor, its delays and the files of its release."""
    live = services.live.get(workspace, info.name) if info.state == "live" and row is not None else None
    if live is None or row is None or not isinstance(live.options, TimeTrigger):
        return info.next_runs
    read_file = await services.files.reader(live.options.files, live.release)
    schedule = Schedule(seed=live.source_id, since=row.since, read_file=read_file)
    try:
        return next_fires(live.trigger, datetime.datetime.now(datetime.UTC), RUNS, schedule)
    except TimesUnreadable:  # the row has the problem
        return ()
