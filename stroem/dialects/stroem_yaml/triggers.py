"""Triggers: allowed and required keys by type."""

from collections.abc import Mapping
from typing import Any

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes, missing_key
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Path
from stroem.dialects import names

_COMMON = frozenset({"type", "task", "input", "enabled"})
ALLOWED: Mapping[str, frozenset[str]] = {
    "scheduler": _COMMON | {"cron", "timezone", "concurrency", "force_refresh"},
    "webhook": _COMMON | {"name", "secret", "mode", "timeout_secs", "force_refresh"},
    "event_source": _COMMON | {"target_task", "env", "restart_policy", "backoff_secs", "max_in_flight"},
}
REQUIRED: Mapping[str, str] = {"scheduler": "cron", "webhook": "name", "event_source": "target_task"}

_FOREIGN_TYPES = {
    **dict.fromkeys(("cron", "schedule", "scheduled", "timer", "interval"), "write `type: scheduler` with `cron:`"),
    **dict.fromkeys(("http", "push", "api", "hook"), "write `type: webhook` with `name:`"),
}
"""By word of other tools: what is written here instead."""

_TRIGGER = Record(
    Trigger,
    type=scalars.choice(ALLOWED, foreign=_FOREIGN_TYPES),
    task=scalars.reference,
    target_task=scalars.reference,
)


def convert_trigger(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `Trigger`; `WRONG` when its type or task is missing."""
    trigger = _TRIGGER(value, path, mistakes)
    if trigger is WRONG or type(value) is not dict:
        return WRONG
    for key, entry in value.items():
        if key in _TRIGGER.converters and key not in ALLOWED[trigger.type] and entry is not None:
            message = f"{key!r} is not for triggers of type {trigger.type}"
            mistakes.append(Mistake(code="forbidden-key", message=message, path=(*path, key), at_key=True))
    needed = REQUIRED[trigger.type]
    if value.get(needed) is None:
        mistakes.append(missing_key(needed, path, f"triggers of type {trigger.type} need it"))
    if trigger.type == "webhook" and trigger.name is not None:
        names.check_webhook_name(trigger.name, (*path, "name"), mistakes)
    if trigger.type == "event_source" and trigger.task == trigger.target_task:
        message = "the task that finds events cannot be the task that they start"
        mistakes.append(Mistake(code="self-reference", message=message, path=(*path, "target_task")))
    return trigger
