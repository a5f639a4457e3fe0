"""Partial releases: valid definitions of a revision, and older versions of the rest."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from stroem.definitions.kinds import KINDS, SECTIONS
from stroem.definitions.library import library_of
from stroem.definitions.references import Name, connection_types, connections_of, definition, hooks, references
from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem
from stroem.records.release import Held, Release

_KINDS = ("task", "action", "trigger", "connection", "connection_type")
"""The kinds of definitions that can stay at an older release."""


@attrs.frozen
class Why:
    """The reason why a definition is held back, and the file with the mistake."""

    reason: str
    file: str


def broken_names(
    mistakes: Sequence[Problem],
    files: Mapping[str, ParsedFile],
    before: Mapping[str, ParsedFile],
    current: Release | None,
) -> dict[Name, Why] | None:
    """The definitions with mistakes, each with its first one; None when a mistake concerns no single definition.

    A file that cannot be read breaks everything that it defined `before`, and all that the `current` release holds
    back because of it.
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
    """The broken definitions and all that depend on them, each with its reason."""
    order: dict[Name, int] = {}
    dependents: dict[Name, list[Name]] = {}
    for name, needs in _all_needs(definitions):
        order[name] = len(order)
        for needed in needs:
            dependents.setdefault(needed, []).append(name)
    found = dict(broken)
    fresh: Collection[Name] = broken
    while fresh:
        touched = {one for name in fresh for one in dependents.get(name, ())} - found.keys()
        reasons = {name: _reason(name, found, definitions) for name in sorted(touched, key=order.__getitem__)}
        found |= reasons
        fresh = reasons
    return found


def with_needs(broken: Mapping[Name, Why], definitions: Definitions, running: Definitions | None) -> dict[Name, Why]:
    """The broken definitions, and their needs among the `running` ones that `definitions` lack."""
    found = dict(broken)
    ahead = list(found) if running is not None else []
    while ahead and running is not None:
        for kind, name in _needs(needing := ahead.pop(), running):
            section = SECTIONS[kind]
            if (kind, name) in found or name in getattr(definitions, section) or name not in getattr(running, section):
                continue
            why = found[needing]
            found[kind, name] = Why(f"{needing[0]} {needing[1]!r} needs it: {why.reason}", why.file)
            ahead.append((kind, name))
    return found


def hooks_are_whole(definitions: Definitions, held: Iterable[Held]) -> bool:
    """Whether all hooks of the workspace have their actions in spite of what is held back."""
    lacking = {one.name for one in held if one.kind == "action" and one.name not in definitions.actions}
    return lacking.isdisjoint(hook.action for _, hook in hooks(definitions))


def held_back(broken: Mapping[Name, Why], current: Release | None, running: Definitions | None) -> tuple[Held, ...]:
    """The definitions held back, at their version in the current release or in the one that it has them from."""
    older = {(one.kind, one.name): one for one in (current.held if current else ())}
    found = []
    for (kind, name), why in sorted(broken.items(), key=lambda item: item[0]):
        held = Held(kind=kind, name=name, reason=why.reason, file=why.file)
        if (kind, name) in older:
            held = attrs.evolve(older[kind, name], reason=why.reason, file=why.file)
        elif current is not None and running is not None and name in getattr(running, SECTIONS[kind]):
            held = attrs.evolve(held, release_id=current.id, number=current.number, revision=current.revision)
        found.append(held)
    return tuple(found)


def put_back(definitions: Definitions, held: Iterable[Held], older: Mapping[int, Definitions]) -> Definitions:
    """Replaces each held-back definition by its version in its older release; drops it if there is none."""
    sections: Any = {section: dict(getattr(definitions, section)) for section in map(SECTIONS.__getitem__, _KINDS)}
    for one in held:
        section = sections[SECTIONS[one.kind]]
        section.pop(one.name, None)
        old = older.get(one.release_id) if one.release_id is not None else None
        if old is not None:
            before = getattr(old, SECTIONS[one.kind])
            if one.name in before:
                section[one.name] = before[one.name]
            if one.kind == "task" and one.name in old.tasks:
                _put_back_actions(old.tasks[one.name], old, sections["actions"])
    return attrs.evolve(definitions, **sections)


def _put_back_actions(task: Task, old: Definitions, actions: dict[str, Any]) -> None:
    """Adds the actions of a held-back task that are otherwise gone, so that it can be shown."""
    for step in task.steps.values():
        if step.action in old.actions:
            actions.setdefault(step.action, old.actions[step.action])


def _named(path: str, file: ParsedFile) -> set[Name]:
    """The definition in which the path of a problem lies."""
    section, _, rest = path.partition(".")
    kind = KINDS.get(section)
    if kind not in _KINDS or not rest:
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
    return {(kind, name) for kind in _KINDS for name in getattr(file.definitions, SECTIONS[kind])}


def _salvaged(file: ParsedFile) -> set[Name]:
    return {(kind, name) for section, name in file.broken if (kind := KINDS.get(section)) in _KINDS}


def _held_for(file: str, current: Release | None) -> set[Name]:
    return {(one.kind, one.name) for one in (current.held if current else ()) if one.file == file}


def _reason(name: Name, broken: Mapping[Name, Why], definitions: Definitions) -> Why:
    """The reason of a definition that needs a broken one."""
    needed = next(one for one in _needs(name, definitions) if one in broken)
    return Why(f"it needs {needed[0]} {needed[1]!r}: {broken[needed].reason}", broken[needed].file)


def _all_needs(definitions: Definitions) -> Iterator[tuple[Name, Iterator[Name]]]:
    for kind in _KINDS:
        for key in getattr(definitions, SECTIONS[kind]):
            yield (kind, key), _needs((kind, key), definitions)


def _needs(name: Name, definitions: Definitions) -> Iterator[Name]:
    """The definitions that one cannot do without. A task needs every connection of the types that it takes."""
    owner = definition(name, definitions)
    for one in references(owner):
        if one.kind in _KINDS:
            yield one.kind, one.name
    if isinstance(owner, Task):
        types = connection_types(owner.input.values())
        yield from (("connection", key) for key in connections_of(types, definitions))
