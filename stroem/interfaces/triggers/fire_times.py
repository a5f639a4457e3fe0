"""Next times of triggers."""

import datetime

from stroem.definitions.trigger import Trigger
from stroem.interfaces.triggers.time_trigger import ReadFile, Schedule, TimeTrigger


def no_files(path: str) -> bytes | None:
    """Reads no file, for schedules whose workspace is not at hand."""
    return None


def next_fires(
    name: str, trigger: Trigger, now: datetime.datetime, count: int, read_file: ReadFile = no_files
) -> tuple[datetime.datetime, ...]:
    """The next times of a schedule, in UTC; none for other triggers, disabled ones, and faulty options.

    `name` is that of its workspace and its own, joined by a slash.
    """
    if not isinstance(trigger.options, TimeTrigger) or not trigger.enabled or tuple(trigger.options.faults()):
        return ()
    schedule = Schedule(seed=name, since=now, read_file=read_file)
    found: list[datetime.datetime] = []
    after = now
    while len(found) < count and (instant := trigger.options.next_due(after, schedule)) is not None:
        found.append(instant.due)
        after = instant.at
    return tuple(found)
