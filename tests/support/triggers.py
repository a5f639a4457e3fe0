"""Triggers for tests, of the types of installed plugins."""

from typing import Any

import attrs

from stroem.definitions.trigger import Trigger
from stroem.registry.registry import load_plugins

TRIGGER_TYPES = load_plugins().trigger_types
_COMMON = frozenset(field.name for field in attrs.fields(Trigger))


def trigger_of(kind: str, task: str = "t", **keys: Any) -> Trigger:
    """A trigger of that type. `keys` are fields of all triggers, or of the type's class."""
    common = {key: value for key, value in keys.items() if key in _COMMON}
    own = {key: value for key, value in keys.items() if key not in _COMMON}
    return Trigger(type=kind, task=task, options=TRIGGER_TYPES[kind](**own), **common)
