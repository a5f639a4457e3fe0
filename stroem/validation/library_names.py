"""Checks of names with regard to libraries: unknown names, and names with a dot."""

from collections.abc import Iterable

import attrs

from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.definitions.library import LIBRARY_SECTIONS, own_name
from stroem.definitions.task import is_inline
from stroem.definitions.values import Path
from stroem.validation.scope import View


@attrs.frozen(kw_only=True)
class _Kind:
    """A kind of definition that libraries have: its noun, the code for unknown ones, and its section."""

    noun: str
    code: str
    there: str


_KINDS = {
    "actions": _Kind(noun="action", code="unknown-action", there="actions"),
    "tasks": _Kind(noun="task", code="unknown-task", there="tasks"),
    "connection_types": _Kind(noun="connection type", code="unknown-connection-type", there="connection_types"),
    "field types": _Kind(noun="type", code="unknown-connection-type", there="connection_types"),
}
_DECLARE = "declare it under `libraries:` in .stroem.yaml"


def note_missing(kind: str, name: str, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes an unknown name, unless it may be that of an unread library."""
    library, dot, own = name.partition(".")
    looked_for = _KINDS[kind]
    if not dot:
        message, near = f"there is no {looked_for.noun} {name!r}", Near(name=name, kind=kind)
    elif not view.has_library(library):
        mistakes.append(_unknown_library(looked_for.noun, name, path, view))
        return
    elif view.is_unread(library):
        return
    else:
        message = f"library {library!r} has no {looked_for.noun} {own!r}"
        near = Near(name=own, kind=f"{looked_for.there} of {library}")
    mistakes.append(Mistake(code=looked_for.code, message=message, path=path, near=near))


def check_names(view: View, mistakes: Mistakes) -> None:
    """Notes names with a dot in libraries, and warns of those in workspaces that collide with a library's."""
    for kind in LIBRARY_SECTIONS:
        for name in getattr(view.definitions, kind):
            if is_inline(name) or "." not in view.written(name):
                continue
            if view.is_of_library:
                mistakes.append(_dotted(kind, name, view))
            elif view.has_library(library := name.partition(".")[0]):
                mistakes.append(_collision(kind, name, library))


def as_written(library: str, mistakes: Iterable[Mistake]) -> list[Mistake]:
    """The mistakes of a library's file, with names as they are written there."""
    return [
        attrs.evolve(mistake, path=(mistake.path[0], own_name(library, str(mistake.path[1])), *mistake.path[2:]))
        if len(mistake.path) > 1 and mistake.path[0] in LIBRARY_SECTIONS
        else mistake
        for mistake in mistakes
    ]


def _unknown_library(noun: str, name: str, path: Path, view: View) -> Mistake:
    library = name.partition(".")[0]
    workspaces = view.scope.environment.workspaces
    if workspaces is not None and library in workspaces:
        return Mistake(
            code="outside-workspace",
            message=f"{noun} {name!r} is not in this workspace",
            path=path,
            hint=f"it is looked up in the workspace {library!r} when it is used",
            severity="warning",
        )
    return Mistake(
        code="unknown-library",
        message=f"{noun} {name!r} is of a library {library!r}, which is not declared",
        path=path,
        hint=_DECLARE if workspaces is not None else f"{_DECLARE}, unless the server declares it",
        near=Near(name=library, kind="libraries"),
        severity="warning",
    )


def _dotted(kind: str, name: str, view: View) -> Mistake:
    return Mistake(
        code="invalid-name",
        message=f"{view.written(name)!r} cannot be a name in a library",
        path=(kind, name),
        hint="users write the library's name and a dot before it: leave out other dots",
        at_key=True,
    )


def _collision(kind: str, name: str, library: str) -> Mistake:
    return Mistake(
        code="name-collision",
        message=f"{name!r} is the name of something in the library {library!r}",
        path=(kind, name),
        hint="rename it: what the library has counts, and scripts are looked for there",
        at_key=True,
        severity="warning",
    )
