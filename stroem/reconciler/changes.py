"""What a new release changes in the definitions of a workspace."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from stroem.definitions.release import Change
from stroem.definitions.task import inline_place
from stroem.definitions.task import is_inline as is_inline
from stroem.definitions.workspace import Definitions

KINDS = {
    "task": "tasks",
    "action": "actions",
    "trigger": "triggers",
    "connection": "connections",
    "connection_type": "connection_types",
    "secret": "secrets",
    "mcp_server": "mcp_servers",
}
HOOKS = ("on_success", "on_error", "on_suspended", "on_cancel")


def changes_between(old: Definitions | None, new: Definitions) -> tuple[Change, ...]:
    """Everything that is added, changed (with the names of its fields) or removed, by kind and name.

    Costs comparing what is not the same object. An action written inside a step is a part of its task.
    """
    before = old or Definitions()
    found: dict[tuple[str, str], Change] = {}
    for kind, attribute in KINDS.items():
        for change in _between(kind, getattr(before, attribute), getattr(new, attribute)):
            _add(found, change)
    hooks = tuple(name for name in HOOKS if getattr(before, name) != getattr(new, name))
    if hooks:
        _add(found, Change(kind="workspace", name="", change="changed", fields=hooks))
    order = [*KINDS, "workspace"]
    return tuple(sorted(found.values(), key=lambda change: (order.index(change.kind), change.name)))


def _between(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name, value in new.items():
        if name not in old:
            yield Change(kind=kind, name=name, change="added")
        elif value is not old[name] and value != old[name]:
            yield Change(kind=kind, name=name, change="changed", fields=_fields(old[name], value))
    for name in old.keys() - new.keys():
        yield Change(kind=kind, name=name, change="removed")


def _fields(old: object, new: object) -> tuple[str, ...]:
    """The fields that differ; of maps, the entries that do (`flow.build`)."""
    kind = type(new)
    if not attrs.has(kind) or type(old) is not kind:
        return ()
    found: list[str] = []
    for field in attrs.fields(kind):
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            keys = sorted({*before, *after})
            found += [f"{field.name}.{key}" for key in keys if before.get(key) != after.get(key)]
        else:
            found.append(field.name)
    return tuple(found)


def _add(found: dict[tuple[str, str], Change], change: Change) -> None:
    if change.kind == "action" and is_inline(change.name):
        task, step = inline_place(change.name)
        change = Change(kind="task", name=task, change="changed", fields=(f"flow.{step}",))
    known = found.get((change.kind, change.name))
    if known is None:
        found[change.kind, change.name] = change
    elif known.change == "changed":
        fields = tuple(sorted({*known.fields, *change.fields}))
        found[change.kind, change.name] = attrs.evolve(known, fields=fields)
