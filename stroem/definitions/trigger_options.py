"""Options of triggers: the keys of one type of trigger, and what some of them mean to all types."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from stroem.definitions.values import Json, Path

TASK: Final = {"trigger_task": True}
"""Metadata of a field with the name of a task that the trigger runs itself."""

TARGET: Final = {"trigger_task": True, "trigger_target": True}
"""Metadata of a field with the name of the task that fires start, instead of `task`."""

SECRET: Final = {"trigger_secret": True, "trigger_template": True}
"""Metadata of a field with a secret: a text, a template that reads secrets, or a JSON value of such."""

TEMPLATE: Final = {"trigger_template": True}
"""Metadata of a field with templates that read secrets. They are rendered before the type's methods are called."""

EVENT_TEMPLATE: Final = {"trigger_event_template": True}
"""Metadata of a field with templates that read the fire. They are rendered for each fire."""


def marked(options: object, mark: str) -> Iterator[tuple[Path, Any]]:
    """The paths and values of fields with this mark in their metadata, of options and of records inside them."""
    if attrs.has(type(options)):
        for field in attrs.fields(type(options)):  # type: ignore[arg-type]
            value = getattr(options, field.name)
            if field.metadata.get(mark):
                yield (field.name,), value
            else:
                yield from (((field.name, *path), inner) for path, inner in marked(value, mark))
    elif isinstance(options, tuple):
        yield from (((number, *path), inner) for number, one in enumerate(options) for path, inner in marked(one, mark))
    elif isinstance(options, dict):
        yield from (((key, *path), inner) for key, one in options.items() for path, inner in marked(one, mark))


def tasks_of(options: object) -> Iterator[tuple[str, str]]:
    """The fields that name tasks, with these names."""
    for path, value in marked(options, "trigger_task"):
        if isinstance(value, str):
            yield str(path[-1]), value


def target_of(options: object) -> str | None:
    """The task that fires start, if it is one of the options."""
    field = _target_field(type(options))  # type: ignore[arg-type]  # mypy: a class is not known to be hashable
    return None if field is None else getattr(options, field)


@functools.lru_cache(maxsize=256)
def _target_field(cls: Any) -> str | None:
    if not attrs.has(cls):
        return None
    return next((field.name for field in attrs.fields(cls) if field.metadata.get("trigger_target")), None)


def secrets_of(options: object) -> Iterator[tuple[Path, Json]]:
    """The paths of fields with secrets, with their values."""
    yield from marked(options, "trigger_secret")


def templates_of(options: object) -> Iterator[tuple[Path, Json]]:
    """The paths of fields with templates that read secrets, with their values."""
    yield from marked(options, "trigger_template")


def event_templates_of(options: object) -> Iterator[tuple[Path, Json]]:
    """The paths of fields with templates that read the fire, with their values."""
    yield from marked(options, "trigger_event_template")


def as_json(value: object) -> Json:
    """The value of an option with records as mappings."""
    if attrs.has(type(value)):
        return attrs.asdict(value)  # type: ignore[arg-type]
    if isinstance(value, list | tuple):
        return [as_json(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): as_json(entry) for key, entry in value.items()}
    return value  # type: ignore[return-value]
