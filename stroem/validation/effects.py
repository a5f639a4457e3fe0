"""Warnings of keys and values without effect yet, one for each use."""

from collections.abc import Collection, Iterator, Mapping

from stroem.conversion.mistake import Mistake, path_text
from stroem.definitions.action import Action
from stroem.definitions.action_fields import ACTION_FIELDS
from stroem.definitions.references import steps
from stroem.definitions.task import Task, is_inline
from stroem.definitions.values import Path
from stroem.definitions.workspace import Definitions
from stroem.dialects.no_effect import (
    CONTAINERS,
    LIMITS_OF_CONTAINERS,
    NO_EFFECT,
    NO_EFFECT_LOCALLY,
    TYPES_WITHOUT_EFFECT,
    no_effect,
)


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
    yield from _in_fields(action, path, _OF_SCRIPTS)
    if action.runner in (None, "local"):
        yield from _in_fields(action, path, NO_EFFECT_LOCALLY)
        for name in LIMITS_OF_CONTAINERS:
            if getattr(action.resources, name, None) is not None:
                yield _idle_key((*path, "resources", name), "without a container, nothing limits what a step uses")
    if action.runner in ("docker", "pod") and action.runner not in runners:
        yield no_effect(f"the runner {action.runner!r}", CONTAINERS, (*path, "runner"))


def _in_fields(action: Action, path: Path, reasons: Mapping[str, str]) -> Iterator[Mistake]:
    for name, reason in reasons.items():
        if getattr(action, name) is not None:
            yield _idle_key((*path, name), reason)


def _idle_key(path: Path, reason: str) -> Mistake:
    return no_effect(repr(path[-1]), reason, path)


_OF_SCRIPTS = {
    name: reason for (cls, name), reason in NO_EFFECT.items() if cls is Action and name in ACTION_FIELDS["script"]
}
