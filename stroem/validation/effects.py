"""Warnings of keys and values without effect yet, one for each use."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs

from stroem.conversion.mistake import Mistake, path_text
from stroem.definitions.action import Action
from stroem.definitions.action_fields import ACTION_FIELDS
from stroem.definitions.references import steps
from stroem.definitions.task import Task, is_inline
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.dialects.no_effect import CONTAINERS, NO_EFFECT, TYPES_WITHOUT_EFFECT, no_effect

_Fields = tuple[tuple[str, object, str], ...]
"""The name, the default and the reason of each field."""


def idle_in_file(definitions: Definitions, runners: Collection[str]) -> Iterator[Mistake]:
    """Warnings for parts of one file's definitions that have no effect yet."""
    for name, action in definitions.actions.items():
        if not is_inline(name):
            yield from _in_action(action, ("actions", name), runners)
    for name, task in definitions.tasks.items():
        yield from _in_task(name, task, definitions.actions, runners)
    if definitions.mcp_servers:
        yield _idle_key(("mcp_servers",), NO_EFFECT[Definitions, "mcp_servers"])


def idle_for_task(name: str, definitions: Definitions, runners: Collection[str]) -> tuple[str, ...]:
    """The parts of a task and its actions without effect yet, a line each."""
    task = definitions.tasks[name]
    found = list(_in_task(name, task, definitions.actions, runners))
    for used in dict.fromkeys(step.action for step in task.steps.values()):
        if not is_inline(used) and used in definitions.actions:
            found += _in_action(definitions.actions[used], ("actions", used), runners)
    return tuple(f"{path_text(idle.path)}: {idle.message}" for idle in found)


def _in_task(name: str, task: Task, actions: Mapping[str, Action], runners: Collection[str]) -> Iterator[Mistake]:
    path: Path = ("tasks", name)
    for place, step in steps(task):
        step_path = (*path, *place)
        if is_inline(step.action) and step.action in actions:
            yield from _in_action(actions[step.action], step_path, runners)


def _in_action(action: Action, path: Path, runners: Collection[str]) -> Iterator[Mistake]:
    if action.type != "script":
        reason = TYPES_WITHOUT_EFFECT.get(action.type)
        if reason is not None:
            yield no_effect(f"the type {action.type!r}", reason, (*path, "type"))
        elif action.type in ("docker", "pod") and action.type not in runners:
            yield no_effect(f"the type {action.type!r}", CONTAINERS, (*path, "type"))
        return
    yield from _in_fields(action, path)
    if action.runner in ("docker", "pod") and action.runner not in runners:
        yield no_effect(f"the runner {action.runner!r}", CONTAINERS, (*path, "runner"))


def _in_fields(value: Action, path: Path) -> Iterator[Mistake]:
    fields, values_of, defaults = _OF_ACTIONS
    values = values_of(value)
    if values == defaults:
        return
    for (field, default, reason), given in zip(fields, values, strict=True):
        if given != default:
            yield _idle_key((*path, field), reason)


def _idle_key(path: Path, reason: str) -> Mistake:
    return no_effect(repr(path[-1]), reason, path)


def _fields(cls: type, among: Iterable[str]) -> tuple[_Fields, Callable[[Any], Any], tuple[object, ...]]:
    """The fields without effect, a getter of all their values, and their default values."""
    defaults = {field.name: field.default for field in attrs.fields(cls)}
    fields = tuple(
        (name, defaults[name].factory() if hasattr(defaults[name], "factory") else defaults[name], NO_EFFECT[cls, name])
        for name in among
        if (cls, name) in NO_EFFECT
    )
    names = [name for name, _, _ in fields]
    return fields, lambda value: tuple(getattr(value, name) for name in names), tuple(one[1] for one in fields)


_OF_ACTIONS = _fields(Action, sorted(ACTION_FIELDS["script"]))
