"""Schedules with other next times."""

import datetime
from collections.abc import Iterable

from stroem.definitions.trigger import Trigger
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.fire_times import next_fires
from stroem.interfaces.triggers.time_trigger import TimeTrigger
from stroem.records.release_plan import FireChange, FireWord

_FIRES = 3


def fire_changes(
    names: Iterable[str], old: Definitions, new: Definitions, now: datetime.datetime, most: int
) -> tuple[list[FireChange], int]:
    """The triggers among `names` with other next times, and the number of schedules beyond the first `most`.

    The times of those beyond are not compared.
    """
    found: list[FireChange] = []
    left_out = 0
    for name in names:
        before, after = old.triggers.get(name), new.triggers.get(name)
        if not (_is_schedule(before) or _is_schedule(after)):
            continue
        if len(found) >= most:
            left_out += 1
        elif change := _fire_change(name, before, after, now):
            found.append(change)
    return found, left_out


def _fire_change(name: str, old: Trigger | None, new: Trigger | None, now: datetime.datetime) -> FireChange | None:
    before, after = (next_fires(trigger, now, _FIRES) if trigger else () for trigger in (old, new))
    if before == after:
        return None
    last = new or old
    assert last is not None
    return FireChange(trigger=name, change=_word(old, new), task=last.task, old=before, new=after)


def _word(old: Trigger | None, new: Trigger | None) -> FireWord:
    if not _is_schedule(old):
        return "added"
    if not _is_schedule(new):
        return "removed"
    assert old is not None
    assert new is not None
    if old.enabled == new.enabled:
        return "moved"
    return "resumed" if new.enabled else "paused"


def _is_schedule(trigger: Trigger | None) -> bool:
    return trigger is not None and isinstance(trigger.options, TimeTrigger)
