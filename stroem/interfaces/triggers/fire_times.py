"""Next times of triggers."""

import datetime

from stroem.definitions.trigger import Trigger
from stroem.interfaces.triggers.time_trigger import Schedule, TimeTrigger


def no_files(path: str) -> bytes | None:
    """Reads no file, for schedules whose workspace is not at hand."""
    return None


def unread(name: str, now: datetime.datetime) -> Schedule:
    """The schedule of a trigger whose files and whose time of release are not at hand."""
    return Schedule(seed=name, since=now, read_file=no_files)


def next_fires(
    trigger: Trigger, schedule: Schedule, now: datetime.datetime, count: int
) -> tuple[datetime.datetime, ...]:
    """The next times of a schedule, in UTC; none for other triggers, disabled ones, and faulty options.

    Raises what `next_due` raises.
    """
    if not isinstance(trigger.options, TimeTrigger) or not trigger.enabled or tuple(trigger.options.faults()):
        return ()
    found: list[datetime.datetime] = []
    after = now
    while len(found) < count and (instant := trigger.options.next_due(after, schedule)) is not None:
        found.append(instant.due)
        after = instant.at
    return tuple(found)
