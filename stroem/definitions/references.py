"""References: the names that definitions have for one another, and the places of templates.

Paths begin at the definition: `("flow", "build", "action")` in a task, `("on_error", 0, "action")` in a workspace.
"""

import itertools
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, McpServer
from stroem.definitions.field import PRIMITIVE_TYPES, InputField
from stroem.definitions.kinds import HOOK_KEYS, SECTIONS, TEMPLATED_FIELDS
from stroem.definitions.retry import Retry
from stroem.definitions.task import DialectTask, Hook, Step, Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.trigger_options import event_templates_of, tasks_of, templates_of
from stroem.definitions.values import Json, Path
from stroem.definitions.workspace import Definitions

Name = tuple[str, str]
"""The kind and the name of a definition: `("task", "deploy")`; `("workspace", "")` for the hooks of a workspace."""


_hook_lists: Callable[[object], tuple[tuple[Hook, ...], ...]] = operator.attrgetter(*HOOK_KEYS)


class Reference(NamedTuple):
    """A mention of another definition, or of a file (`kind` is `file`)."""

    kind: str
    name: str
    path: Path


def definition(name: Name, definitions: Definitions) -> Any:
    """The definition of a kind and name, `Definitions` itself for a workspace; None for an unknown one."""
    kind, key = name
    return definitions if kind == "workspace" else getattr(definitions, SECTIONS[kind]).get(key)


def hooks(owner: Task | Definitions) -> Iterator[tuple[Path, Hook]]:
    """The hooks of a task or of a workspace, with their paths."""
    for key, entries in zip(HOOK_KEYS, _hook_lists(owner), strict=True):
        for index, hook in enumerate(entries):
            yield (key, index), hook


def steps(task: Task) -> Iterator[tuple[Path, Step]]:
    """The steps of a task, with their paths."""
    for name, step in task.flow.items():
        yield ("flow", name), step
    for name, step in task.finally_.items():
        yield ("finally", name), step


def uses(owner: Task | Definitions) -> Iterator[tuple[Path, Step | Hook]]:
    """The steps and hooks of a task, or the hooks of a workspace: all that use an action, with their paths."""
    if isinstance(owner, Task):
        yield from steps(owner)
    yield from hooks(owner)


def used_actions(owner: Task | Definitions) -> Iterator[str]:
    """The actions that a task or workspace uses in steps and hooks; one may come twice."""
    if isinstance(owner, Task):
        for step in owner.steps.values():
            if not step.is_group:
                yield step.action
    for entries in _hook_lists(owner):
        for hook in entries:
            yield hook.action


def all_uses(definitions: Definitions) -> Iterator[Step | Hook]:
    """All steps and hooks of a workspace and of its tasks."""
    for task in definitions.tasks.values():
        yield from task.steps.values()
    yield from all_hooks(definitions)


def all_hooks(definitions: Definitions) -> Iterator[Hook]:
    """All hooks of a workspace and of its tasks."""
    for owner in itertools.chain((definitions,), definitions.tasks.values()):
        for entries in _hook_lists(owner):
            yield from entries


def use_at(task: Task, path: Path) -> Step | Hook | None:
    """The step or hook of a task at the beginning of a path; None for other paths."""
    match path:
        case ("flow", str(name), *_):
            return task.flow.get(name)
        case ("finally", str(name), *_):
            return task.finally_.get(name)
        case (str(key), int(index), *_) if key in HOOK_KEYS:
            return next(iter(getattr(task, key)[index : index + 1]), None)
    return None


def references(owner: object) -> Iterator[Reference]:
    """The definitions and files that a definition names. Templates are not read: a name may be a template."""
    match owner:
        case Task():
            yield from itertools.chain(_used_actions(owner), _types(owner.input), _option_tasks(owner.input))
        case Definitions():
            yield from _used_actions(owner)
        case Action():
            yield from itertools.chain(_of_action(owner), _types(owner.input))
        case Trigger():
            yield Reference("task", owner.task, ("task",))
            yield from (Reference("task", name, (field,)) for field, name in tasks_of(owner.options))
        case Connection() if owner.type:
            yield Reference("connection_type", owner.type, ("type",))


def connection_types(fields: Iterable[InputField]) -> set[str]:
    """The connection types of the inputs that take connections."""
    return {field.type for field in fields if field.type not in PRIMITIVE_TYPES}


def connections_of(types: Collection[str], definitions: Definitions) -> dict[str, Connection]:
    """The connections of the given types."""
    return {name: one for name, one in definitions.connections.items() if one.type in types} if types else {}


def connections_given(fields: Mapping[str, InputField], given: Mapping[str, Json]) -> Iterator[str]:
    """The connections that inputs name, in the given values or else in their defaults."""
    for name, field in fields.items():
        value = given.get(name, field.default)
        if field.type not in PRIMITIVE_TYPES and isinstance(value, str):
            yield value


def declared_inputs(giver: Step | Hook | Trigger, definitions: Definitions) -> Iterator[Mapping[str, InputField]]:
    """The declarations of the inputs that a step, hook or trigger gives: its action's first, then its tasks'."""
    tasks: tuple[str | None, ...] = ()
    if isinstance(giver, Trigger):
        tasks = (giver.task, *(name for _, name in tasks_of(giver.options)))
    elif (action := definitions.actions.get(giver.action)) is not None:
        yield action.input
        tasks = (action.own_task,)
    for name in tasks:
        if name in definitions.tasks:
            yield definitions.tasks[name].input


def templated(action: Action) -> Iterator[tuple[str, Json]]:
    """The fields of an action that hold templates, without its input."""
    for field in TEMPLATED_FIELDS:
        if value := getattr(action, field):
            yield field, value
    if action.cache is not None and action.cache.key:
        yield "cache", {"key": action.cache.key}


def templates(owner: object) -> Iterator[tuple[Path, Json]]:
    """The values of a definition that may hold templates, with their paths."""
    match owner:
        case Task():
            yield from itertools.chain(_defaults(owner.input), _of_uses(owner))
            if isinstance(owner, DialectTask):
                yield ("program",), owner.program
        case Definitions():
            yield from _of_uses(owner)
        case Action():
            yield from _defaults(owner.input)
            yield from (((field,), value) for field, value in templated(owner))
            yield from _of_retry(owner.retry, ())
        case Trigger():
            yield from ((("input",), owner.input), (("if",), owner.if_))
            yield ("debounce", "key"), owner.debounce.key if owner.debounce else None
            yield from templates_of(owner.options)
            yield from event_templates_of(owner.options)
        case Connection():
            yield ("values",), owner.values
        case McpServer():
            yield from (((field,), getattr(owner, field)) for field in ("url", "auth_token", "env", "args"))


def _used_actions(owner: Task | Definitions) -> Iterator[Reference]:
    for path, use in uses(owner):
        if use.action:
            yield Reference("action", use.action, (*path, "action"))


def _of_action(owner: Action) -> Iterator[Reference]:
    if owner.own_task:
        yield Reference("task", owner.own_task, ("task",))
    for index, tool in enumerate(owner.tools):
        if tool.task:
            yield Reference("task", tool.task, ("tools", index, "task"))
        if tool.mcp:
            yield Reference("mcp_server", tool.mcp, ("tools", index, "mcp"))
    if owner.source:
        yield Reference("file", owner.source, ("source",))


def _of_uses(owner: Task | Definitions) -> Iterator[tuple[Path, Json]]:
    for path, use in uses(owner):
        yield (*path, "input"), use.input
        if isinstance(use, Step):
            yield (*path, "when"), use.when
            yield (*path, "for_each"), use.for_each
            yield (*path, "matrix"), use.matrix
            yield (*path, "while"), use.while_
            yield (*path, "until"), use.until
            if use.cache is not None:
                yield (*path, "cache", "key"), use.cache.key
            yield from _of_retry(use.retry, path)


def _of_retry(retry: Retry | None, path: Path) -> Iterator[tuple[Path, Json]]:
    if retry is not None and retry.when is not None:
        yield (*path, "retry", "when"), retry.when


def _defaults(fields: Mapping[str, InputField]) -> Iterator[tuple[Path, Json]]:
    for name, field in fields.items():
        yield ("input", name, "default"), field.default
        if field.options_from is not None:
            yield ("input", name, "options_from", "input"), field.options_from.input


def _types(fields: Mapping[str, InputField]) -> Iterator[Reference]:
    for name, field in fields.items():
        if field.type not in PRIMITIVE_TYPES:
            yield Reference("connection_type", field.type, ("input", name, "type"))


def _option_tasks(fields: Mapping[str, InputField]) -> Iterator[Reference]:
    for name, field in fields.items():
        if field.options_from is not None:
            yield Reference("task", field.options_from.task, ("input", name, "options_from", "task"))
