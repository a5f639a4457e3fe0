"""Which secrets and connections are read where they were not before, or no longer."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import attrs

from stroem.definitions.action import Action
from stroem.definitions.field import PRIMITIVE_TYPES, InputField
from stroem.definitions.task import Hook, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.users import hooks_of, name_list, workspace_hooks
from stroem.records.release_plan import UseChange
from stroem.templating.template import references
from stroem.validation.actions import templated

Used = tuple[Literal["secret", "connection"], str]
User = tuple[str, str]
READERS = frozenset({"task", "trigger", "connection", "mcp_server", "workspace"})


@attrs.define(kw_only=True)
class _Uses:
    """What users gain or lose."""

    tasks: set[str] = attrs.Factory(set)
    others: set[str] = attrs.Factory(set)


def use_changes(old: Definitions, new: Definitions, users: Iterable[User]) -> list[UseChange]:
    """What each user, a pair of kind and name, reads in one and not in the other. Costs reading the templates of
    these users only.
    """
    found: dict[tuple[Literal["added", "removed"], Used], _Uses] = {}
    for kind, name in users:
        before, after = frozenset(_read_by(kind, name, old)), frozenset(_read_by(kind, name, new))
        for used in after - before:
            _note(found.setdefault(("added", used), _Uses()), kind, name)
        for used in before - after:
            _note(found.setdefault(("removed", used), _Uses()), kind, name)
    return [
        UseChange(kind=used[0], name=used[1], change=change, tasks=name_list(uses.tasks), others=name_list(uses.others))
        for (change, used), uses in sorted(found.items(), key=lambda item: item[0])
    ]


def _note(uses: _Uses, kind: str, name: str) -> None:
    if kind == "task":
        uses.tasks.add(name)
    else:
        uses.others.add("hooks of the workspace" if kind == "workspace" else f"{kind.replace('_', ' ')} {name}")


def _read_by(kind: str, name: str, definitions: Definitions) -> Iterator[Used]:
    if kind == "task" and name in definitions.tasks:
        yield from _by_task(definitions.tasks[name], definitions)
    elif kind == "trigger" and name in definitions.triggers:
        trigger = definitions.triggers[name]
        yield from _secrets([trigger.input, trigger.secret, trigger.env])
        task = definitions.tasks.get(trigger.task)
        yield from _connections(task.input if task else {}, trigger.input, definitions)
    elif kind == "connection" and name in definitions.connections:
        yield from _secrets([definitions.connections[name].values])
    elif kind == "mcp_server" and name in definitions.mcp_servers:
        server = definitions.mcp_servers[name]
        yield from _secrets([server.auth_token, server.env, server.args, server.url])
    elif kind == "workspace":
        yield from _by_hooks(workspace_hooks(definitions), definitions)


def _by_task(task: Task, definitions: Definitions) -> Iterator[Used]:
    steps = tuple(task.flow)
    yield from _secrets([field.default for field in task.input.values()])
    yield from _connections(task.input, {}, definitions)
    for step in task.flow.values():
        yield from _secrets([step.input, step.when, step.for_each], steps)
        yield from _by_action(definitions.actions.get(step.action), step.input, definitions, steps)
    yield from _by_hooks(hooks_of(task), definitions)


def _by_hooks(hooks: Iterable[Hook], definitions: Definitions) -> Iterator[Used]:
    for hook in hooks:
        yield from _secrets([hook.input])
        yield from _by_action(definitions.actions.get(hook.action), hook.input, definitions, ())


def _by_action(
    action: Action | None, given: Mapping[str, Json], definitions: Definitions, steps: Collection[str]
) -> Iterator[Used]:
    if action is not None:
        defaults = [field.default for field in action.input.values()]
        yield from _secrets([*defaults, *(value for _, value in templated(action))], steps)
        yield from _connections(action.input, given, definitions)


def _secrets(values: Json, steps: Collection[str] = ()) -> Iterator[Used]:
    for path in references(values, steps=tuple(steps)):
        if path[0] == "secret" and len(path) > 1:
            yield "secret", ".".join(path[1:])


def _connections(
    fields: Mapping[str, InputField], given: Mapping[str, Json], definitions: Definitions
) -> Iterator[Used]:
    """The connections that inputs name; one that a person chooses when a job starts is not known."""
    for name, field in fields.items():
        value = given.get(name, field.default)
        if field.type not in PRIMITIVE_TYPES and isinstance(value, str) and value in definitions.connections:
            yield "connection", value
