"""What of a revision with mistakes can go on without the rest."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.problem import Problem
from stroem.definitions.release import Held, Release
from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.dialects.document import ParsedFile

KINDS: Mapping[str, str] = {
    "task": "tasks",
    "action": "actions",
    "trigger": "triggers",
    "connection": "connections",
    "connection_type": "connection_types",
}
_OF = {section: kind for kind, section in KINDS.items()}

Name = tuple[str, str]
"""A kind and a name."""


def broken_names(
    mistakes: Sequence[Problem], files: Mapping[str, ParsedFile], before: Mapping[str, ParsedFile]
) -> dict[Name, str] | None:
    """What the mistakes make unusable, each with the first mistake; None when a mistake is of no one thing.

    A file that cannot be read at all takes everything with it that it defined `before`.
    """
    found: dict[Name, str] = {}
    for mistake in mistakes:
        said = f"{mistake.file}:{mistake.line}: {mistake.message}"
        file, old = files.get(mistake.file), before.get(mistake.file)
        if file is None:
            return None
        names = _named(mistake.path, file)
        if file.definitions is None:
            names = {*names, *_all_names(old), *_salvaged(file)}
        if not names:
            return None
        for name in names:
            found.setdefault(name, said)
    return found


def with_dependents(broken: Mapping[Name, str], definitions: Definitions) -> dict[Name, str]:
    """What is broken and everything that depends on it, each with why."""
    found = dict(broken)
    while True:
        more = {name: why for name, why in _dependents(found, definitions) if name not in found}
        if not more:
            return found
        found |= more


def held_back(broken: Mapping[Name, str], current: Release | None, running: Definitions | None) -> tuple[Held, ...]:
    """What stays as the current release has it; what that has from an older one stays as that has it."""
    older = {(one.kind, one.name): one for one in (current.held if current else ())}
    found = []
    for (kind, name), reason in sorted(broken.items()):
        if (kind, name) in older:
            found.append(attrs.evolve(older[kind, name], reason=reason))
        elif current is not None and running is not None and name in getattr(running, KINDS[kind]):
            found.append(
                Held(
                    kind=kind,
                    name=name,
                    reason=reason,
                    release_id=current.id,
                    number=current.number,
                    revision=current.revision,
                )
            )
        else:
            found.append(Held(kind=kind, name=name, reason=reason))
    return tuple(found)


def put_back(definitions: Definitions, held: Iterable[Held], older: Mapping[int, Definitions]) -> Definitions:
    """The definitions with what is held as the releases in `older`, by id, have it; without it where none has it."""
    sections: Any = {section: dict(getattr(definitions, section)) for section in KINDS.values()}
    for one in held:
        section = sections[KINDS[one.kind]]
        section.pop(one.name, None)
        old = older.get(one.release_id) if one.release_id is not None else None
        if old is not None:
            before = getattr(old, KINDS[one.kind])
            if one.name in before:
                section[one.name] = before[one.name]
            if one.kind == "task" and one.name in old.tasks:
                _put_back_actions(old.tasks[one.name], old, sections["actions"])
    return attrs.evolve(definitions, **sections)


def _put_back_actions(task: Task, old: Definitions, actions: dict[str, Any]) -> None:
    """The actions that only the held task uses now, so that whoever shows it finds them."""
    for step in task.flow.values():
        if step.action in old.actions:
            actions.setdefault(step.action, old.actions[step.action])


def _named(path: str, file: ParsedFile) -> set[Name]:
    """The definition in which the path of a problem lies."""
    section, _, rest = path.partition(".")
    kind = _OF.get(section)
    if kind is None or not rest:
        return set()
    known = set(getattr(file.definitions, section, ())) | {name for found, name in file.broken if found == section}
    fitting = [name for name in known if rest == name or rest.startswith((f"{name}.", f"{name}["))]
    return {(kind, max(fitting, key=len))} if fitting else {(kind, rest.partition(".")[0])}


def _all_names(file: ParsedFile | None) -> set[Name]:
    if file is None or file.definitions is None:
        return set()
    return {(kind, name) for kind, section in KINDS.items() for name in getattr(file.definitions, section)}


def _salvaged(file: ParsedFile) -> set[Name]:
    return {(_OF[section], name) for section, name in file.broken if section in _OF}


def _dependents(broken: Mapping[Name, str], definitions: Definitions) -> Iterable[tuple[Name, str]]:
    for name, task in definitions.tasks.items():
        for needed in _needs_of_task(task, definitions):
            if needed in broken:
                yield ("task", name), f"it needs {needed[0]} {needed[1]!r}: {broken[needed]}"
                break
    for name, action in definitions.actions.items():
        needs = [("task", action.task)] if action.task else []
        needs += [("task", tool.task) for tool in action.tools if tool.task]
        needs += [("connection_type", field.type) for field in action.input.values()]
        for needed in needs:
            if needed in broken:
                yield ("action", name), f"it needs {needed[0]} {needed[1]!r}: {broken[needed]}"
                break
    for name, trigger in definitions.triggers.items():
        for target in (trigger.task, trigger.target_task):
            if target is not None and ("task", target) in broken:
                yield ("trigger", name), f"it starts task {target!r}: {broken['task', target]}"
                break
    for name, connection in definitions.connections.items():
        if connection.type is not None and ("connection_type", connection.type) in broken:
            why = broken["connection_type", connection.type]
            yield ("connection", name), f"it is of type {connection.type!r}: {why}"


def _needs_of_task(task: Task, definitions: Definitions) -> Iterable[Name]:
    kinds = {field.type for field in task.input.values()}
    for step in task.flow.values():
        yield "action", step.action
    for hooks in (task.on_success, task.on_error, task.on_suspended, task.on_cancel):
        for hook in hooks:
            yield "action", hook.action
    for kind in kinds:
        yield "connection_type", kind
    if kinds:
        for name, connection in definitions.connections.items():
            if connection.type in kinds:
                yield "connection", name
