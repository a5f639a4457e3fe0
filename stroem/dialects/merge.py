"""All files of a workspace as one."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from stroem.definitions.problem import Problem
from stroem.definitions.workspace import Definitions
from stroem.dialects.document import ParsedFile
from stroem.dialects.workflow import HOOK_KEYS, KINDS


@attrs.frozen(kw_only=True)
class Duplicate:
    """A name that two files define. The first counts, in the order of their paths."""

    kind: str
    name: str
    first: str
    second: str


@attrs.frozen(kw_only=True)
class Merged:
    """The definitions of all files, in the order of their paths; hooks follow one another.

    `places` has the file of every name by kind, of those too that are broken.
    """

    definitions: Definitions
    places: Mapping[str, Mapping[str, str]]
    duplicates: tuple[Duplicate, ...] = ()
    problems: tuple[Problem, ...] = ()


def merge(files: Iterable[ParsedFile]) -> Merged:
    """One set of definitions, with the problems that the files have by themselves."""
    ordered = sorted(files, key=lambda file: file.path)
    definitions: dict[str, Any] = {}
    places: dict[str, dict[str, str]] = {}
    duplicates: list[Duplicate] = []
    for kind in KINDS:
        definitions[kind], places[kind] = _merge_kind(kind, ordered, duplicates)
    for file in ordered:
        for kind, name in file.broken:
            if kind in places:
                places[kind].setdefault(name, file.path)
    for key in HOOK_KEYS:
        parts = (getattr(file.definitions, key) for file in ordered if file.definitions is not None)
        definitions[key] = tuple(hook for part in parts for hook in part)
    return Merged(
        definitions=Definitions(**definitions),
        places=places,
        duplicates=tuple(duplicates),
        problems=tuple(problem for file in ordered for problem in file.problems),
    )


def _merge_kind(
    kind: str, files: Iterable[ParsedFile], duplicates: list[Duplicate]
) -> tuple[dict[str, Any], dict[str, str]]:
    merged: dict[str, Any] = {}
    places: dict[str, str] = {}
    for file in files:
        entries: dict[str, Any] = getattr(file.definitions, kind, {})
        if not entries:
            continue
        if not merged.keys().isdisjoint(entries):
            twice = [name for name in entries if name in merged]
            duplicates += [Duplicate(kind=kind, name=name, first=places[name], second=file.path) for name in twice]
            entries = {name: entry for name, entry in entries.items() if name not in merged}
        merged.update(entries)
        places.update(dict.fromkeys(entries, file.path))
    return merged, places
