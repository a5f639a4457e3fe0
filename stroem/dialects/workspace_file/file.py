"""The file `.stroem.yaml`, which declares the libraries of a workspace."""

from collections.abc import Collection, Mapping
from typing import Any

import attrs

from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.positions import Positions
from stroem.conversion.problem_places import flaw_problem, place, unreadable_problem
from stroem.conversion.scalars import WRONG, wrong_type
from stroem.conversion.suggestions import Suggester
from stroem.conversion.yaml import Unreadable, read_yaml
from stroem.definitions.library import WORKSPACE_FILES
from stroem.definitions.values import Json
from stroem.dialects.foreign_keys import foreign_hint
from stroem.dialects.recovered_names import salvage_names
from stroem.dialects.workspace_file.library_refs import MAX_LIBRARIES, convert_library
from stroem.records.problem import Problem

KEYS = ("libraries",)


@attrs.frozen(kw_only=True)
class LibraryRef:
    """A library that a workspace uses: the name of its source under `type`, and that source's own options.

    `line` and `column` are where it is declared.
    """

    name: str
    type: str
    options: dict[str, Json] = attrs.Factory(dict)
    poll_interval_secs: int | None = None
    line: int = attrs.field(default=1, eq=False)
    column: int = attrs.field(default=1, eq=False)


@attrs.frozen(kw_only=True)
class WorkspaceFile:
    """The content of the file. `broken` are the names of libraries that are declared with mistakes."""

    libraries: Mapping[str, LibraryRef] = attrs.Factory(dict)
    problems: tuple[Problem, ...] = ()
    broken: frozenset[str] = frozenset()


def find_workspace_file(paths: Collection[str]) -> str | None:
    """The path of the file among those of a workspace; the first spelling counts when there are both."""
    return next((path for path in WORKSPACE_FILES if path in paths), None)


def parse_workspace_file(path: str, data: bytes) -> WorkspaceFile:
    """The content of the file, with all its mistakes. Never raises, for any bytes."""
    try:
        return _parse(path, data)
    except Unreadable as error:
        broken = frozenset(name for _, name in salvage_names(data, KEYS))
        return WorkspaceFile(problems=(unreadable_problem(path, error),), broken=broken)


def _parse(path: str, data: bytes) -> WorkspaceFile:
    document = read_yaml(data)
    mistakes = Mistakes(document.scalars, foreign_hint)
    declared = _declared(document.value, mistakes)
    flawed = frozenset(str(flaw.path[1]) for flaw in document.flaws if len(flaw.path) > 1)
    positions = Positions(data)
    libraries = {
        name: _ref(name, found, positions)
        for name, entry in declared.items()
        if (found := convert_library(entry, ("libraries", name), mistakes)) is not WRONG and name not in flawed
    }
    problems = [flaw_problem(path, flaw) for flaw in document.flaws]
    suggester = Suggester()
    problems += [placed.hinted(suggester, {}) for placed in place(path, data, mistakes)]
    return WorkspaceFile(
        libraries=libraries,
        problems=tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))),
        broken=frozenset(declared.keys() - libraries.keys()),
    )


def _declared(document: object, mistakes: Mistakes) -> dict[str, Any]:
    if document is None:
        return {}
    if type(document) is not dict:
        wrong_type("a mapping", document, (), mistakes, f"with keys like {', '.join(KEYS)}")
        return {}
    for key in document:
        if key not in KEYS:
            mistakes.unknown_key(key, KEYS, ())
    libraries = document.get("libraries")
    if libraries is None:
        return {}
    if type(libraries) is not dict:
        wrong_type("a mapping", libraries, ("libraries",), mistakes, "of names to libraries")
        return {}
    if len(libraries) > MAX_LIBRARIES:
        message = f"{len(libraries):,} libraries are more than a workspace may use"
        hint = f"expected at most {MAX_LIBRARIES}"
        mistakes.append(Mistake(code="out-of-range", message=message, path=("libraries",), hint=hint, at_key=True))
        return {}
    return libraries


def _ref(name: str, found: tuple[str, dict[str, Json], int | None], positions: Positions) -> LibraryRef:
    kind, options, interval = found
    line, column = positions.place(Mistake(code="", message="", path=("libraries", name), at_key=True))
    return LibraryRef(name=name, type=kind, options=options, poll_interval_secs=interval, line=line, column=column)
