"""What of a revision with mistakes can go on without the rest."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.task import Hook, Task
from stroem.definitions.workspace import Definitions
from stroem.dialects.parsed_file import ParsedFile
from stroem.dialects.workspace_file.library_refs import library_of
from stroem.records.problem import Problem
from stroem.records.release import Held, Release

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


@attrs.frozen
class Why:
    """Why something cannot be taken over, and the file with the mistake."""

    reason: str
    file: str


def broken_names(
    mistakes: Sequence[Problem],
    files: Mapping[str, ParsedFile],
    before: Mapping[str, ParsedFile],
    current: Release | None,
) -> dict[Name, Why] | None:
    """What the mistakes make unusable, each with the first mistake; None when a mistake is of no one thing.

    A file that cannot be read at all takes everything with it that it defined `before`, and what the `current` release
    already holds back because of it.
    """
    found: dict[Name, Why] = {}
    for mistake in mistakes:
        why = Why(f"{mistake.file}:{mistake.line}: {mistake.message}", mistake.file)
        file, old = files.get(mistake.file), before.get(mistake.file)
        if file is None:
            return None
        names = _named(mistake.path, file)
        if file.definitions is None:
            names = {*names, *_all_names(old), *_salvaged(file), *_held_for(mistake.file, current)}
        if not names:
            return None
        for name in names:
            found.setdefault(name, why)
    return found


def with_dependents(broken: Mapping[Name, Why], definitions: Definitions) -> dict[Name, Why]:
    """What is broken and everything that depends on it, each with why."""
    found = dict(broken)
    while True:
        more = {name: why for name, why in _dependents(found, definitions) if name not in found}
        if not more:
            return found
        found |= more


def with_needs(broken: Mapping[Name, Why], definitions: Definitions, running: Definitions | None) -> dict[Name, Why]:
    """What is broken, and what of the `running` definitions that needs to stay as it is but `definitions` no longer
    have.
    """
    found = dict(broken)
    if running is None:
        return found
    needs = dict(_needs(running))
    ahead = list(found)
    while ahead:
        for kind, name in needs.get(needing := ahead.pop(), ()):
            section = KINDS[kind]
            if (kind, name) in found or name in getattr(definitions, section) or name not in getattr(running, section):
                continue
            why = found[needing]
            found[kind, name] = Why(f"{needing[0]} {needing[1]!r} needs it: {why.reason}", why.file)
            ahead.append((kind, name))
    return found


def hooks_are_whole(definitions: Definitions, held: Iterable[Held]) -> bool:
    """Whether none of the hooks of the workspace lacks its action because that is held back."""
    lacking = {one.name for one in held if one.kind == "action" and one.name not in definitions.actions}
    return lacking.isdisjoint(hook.action for hook in _hooks(definitions))


def held_back(broken: Mapping[Name, Why], current: Release | None, running: Definitions | None) -> tuple[Held, ...]:
    """What stays as the current release has it; what that has from an older one stays as that has it."""
    older = {(one.kind, one.name): one for one in (current.held if current else ())}
    found = []
    for (kind, name), why in sorted(broken.items(), key=lambda item: item[0]):
        held = Held(kind=kind, name=name, reason=why.reason, file=why.file)
        if (kind, name) in older:
            held = attrs.evolve(older[kind, name], reason=why.reason, file=why.file)
        elif current is not None and running is not None and name in getattr(running, KINDS[kind]):
            held = attrs.evolve(held, release_id=current.id, number=current.number, revision=current.revision)
        found.append(held)
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
    library = library_of(file.path)
    start = f"{library}." if library is not None else ""  # the path is as the library writes it
    own = (name.removeprefix(start) for name in known)
    fitting = [name for name in own if rest == name or rest.startswith((f"{name}.", f"{name}["))]
    return {(kind, start + (max(fitting, key=len) if fitting else rest.partition(".")[0]))}


def _all_names(file: ParsedFile | None) -> set[Name]:
    if file is None or file.definitions is None:
        return set()
    return {(kind, name) for kind, section in KINDS.items() for name in getattr(file.definitions, section)}


def _salvaged(file: ParsedFile) -> set[Name]:
    return {(_OF[section], name) for section, name in file.broken if section in _OF}


def _held_for(file: str, current: Release | None) -> set[Name]:
    return {(one.kind, one.name) for one in (current.held if current else ()) if one.file == file}


def _dependents(broken: Mapping[Name, Why], definitions: Definitions) -> Iterable[tuple[Name, Why]]:
    for name, needs in _needs(definitions):
        needed = next((one for one in needs if one in broken), None)
        if needed is not None:
            why = broken[needed]
            yield name, Why(f"it needs {needed[0]} {needed[1]!r}: {why.reason}", why.file)


def _needs(definitions: Definitions) -> Iterable[tuple[Name, Iterable[Name]]]:
    """Everything that needs something else, and what that is."""
    for name, task in definitions.tasks.items():
        yield ("task", name), _needs_of_task(task, definitions)
    for name, action in definitions.actions.items():
        needs = [("task", action.task)] if action.task else []
        needs += [("task", tool.task) for tool in action.tools if tool.task]
        needs += [("connection_type", field.type) for field in action.input.values()]
        yield ("action", name), needs
    for name, trigger in definitions.triggers.items():
        yield ("trigger", name), [("task", target) for target in (trigger.task, trigger.target_task) if target]
    for name, connection in definitions.connections.items():
        yield ("connection", name), [("connection_type", connection.type)] if connection.type else []


def _needs_of_task(task: Task, definitions: Definitions) -> Iterable[Name]:
    kinds = {field.type for field in task.input.values()}
    for step in task.flow.values():
        yield "action", step.action
    for hook in _hooks(task):
        yield "action", hook.action
    for kind in kinds:
        yield "connection_type", kind
    if kinds:
        for name, connection in definitions.connections.items():
            if connection.type in kinds:
                yield "connection", name


def _hooks(owner: Task | Definitions) -> Iterable[Hook]:
    return itertools.chain(owner.on_success, owner.on_error, owner.on_suspended, owner.on_cancel)
