"""Next times of triggers."""

import datetime

from stroem.definitions.trigger import Trigger
from stroem.interfaces.triggers.time_trigger import Schedule, TimeTrigger


def no_files(path: str) -> bytes | None:
    """Reads no file, for schedules whose workspace is not at hand."""
    return None


def next_fires(
    trigger: Trigger, now: datetime.datetime, count: int, schedule: Schedule | None = None
) -> tuple[datetime.datetime, ...]:
    """The next times of a schedule, in UTC; none for other triggers, disabled ones, and faulty options.

    Without a `schedule`, they are those of a definition that comes into effect now, without delays and files of the
    workspace. Raises `TimesUnreadable`.
    """
    if not isinstance(trigger.options, TimeTrigger) or not trigger.enabled or tuple(trigger.options.faults()):
        return ()
    known = schedule or Schedule(seed="", since=now, read_file=no_files)
    found: list[datetime.datetime] = []
    after = now
    while len(found) < count and (instant := trigger.options.next_due(after, known)) is not None:
        found.append(instant.due if schedule else instant.at)
        after = instant.at
    return tuple(found)
