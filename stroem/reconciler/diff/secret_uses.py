"""Secrets and connections that are newly read, or no longer."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import attrs

from stroem.definitions.connection import Connection
from stroem.definitions.field import InputField
from stroem.definitions.references import Name, connections_given, definition, templates, uses
from stroem.definitions.task import Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.reconciler.diff.action_users import name_list
from stroem.records.release_plan import UseChange
from stroem.templating.template import references

Used = tuple[Literal["secret", "connection"], str]
READERS = frozenset({"task", "trigger", "connection", "mcp_server", "workspace"})
"""The kinds of definitions that read secrets and connections; an action's are those of the tasks that use it."""


_STEPS = ("flow", "finally")


@attrs.define(kw_only=True)
class _Uses:
    """The readers that gain or lose a secret or connection."""

    tasks: set[str] = attrs.Factory(set)
    others: set[str] = attrs.Factory(set)


def use_changes(old: Definitions, new: Definitions, readers: Iterable[Name]) -> list[UseChange]:
    """The differences in what each reader reads. Costs reading the templates of these readers only."""
    found: dict[tuple[Literal["added", "removed"], Used], _Uses] = {}
    for reader in readers:
        before, after = frozenset(_read_by(reader, old)), frozenset(_read_by(reader, new))
        for used in after - before:
            _note(found.setdefault(("added", used), _Uses()), reader)
        for used in before - after:
            _note(found.setdefault(("removed", used), _Uses()), reader)
    return [
        UseChange(kind=used[0], name=used[1], change=change, tasks=name_list(uses.tasks), others=name_list(uses.others))
        for (change, used), uses in sorted(found.items(), key=lambda item: item[0])
    ]


def _note(uses: _Uses, reader: Name) -> None:
    kind, name = reader
    if kind == "task":
        uses.tasks.add(name)
    else:
        uses.others.add("hooks of the workspace" if kind == "workspace" else f"{kind.replace('_', ' ')} {name}")


def _read_by(reader: Name, definitions: Definitions) -> Iterator[Used]:
    owner = definition(reader, definitions)
    yield from _secrets_in(owner, ())
    if isinstance(owner, Trigger):
        task = definitions.tasks.get(owner.task)
        yield from _connections(task.input if task else {}, owner.input, definitions)
    elif isinstance(owner, Task):
        yield from _connections(owner.input, {}, definitions)
    elif isinstance(owner, Connection):
        properties = definitions.connection_types.get(owner.type or "", {})
        for name, one in properties.items():
            if owner.values.get(name) is None:
                yield from _secrets_read(one.default, ())
    for path, use in uses(owner) if isinstance(owner, Task | Definitions) else ():
        action = definitions.actions.get(use.action)
        if action is not None:
            yield from _secrets_in(action, owner.steps if isinstance(owner, Task) and path[0] in _STEPS else ())
            yield from _connections(action.input, use.input, definitions)


def _secrets_in(owner: object, steps: Collection[str]) -> Iterator[Used]:
    """The secrets that the templates of a definition read; `steps` are the names that an action may write."""
    for path, value in templates(owner):
        names = owner.steps if isinstance(owner, Task) and path[0] in (*_STEPS, "program") else steps
        yield from _secrets_read(value, names)


def _secrets_read(value: Json, steps: Collection[str]) -> Iterator[Used]:
    for read in references(value, steps=steps):
        if read[0] == "secret" and len(read) > 1:
            yield "secret", ".".join(read[1:])


def _connections(
    fields: Mapping[str, InputField], given: Mapping[str, Json], definitions: Definitions
) -> Iterator[Used]:
    """The connections that inputs name; one that is chosen at the start of a job is not known."""
    return (("connection", name) for name in connections_given(fields, given) if name in definitions.connections)
