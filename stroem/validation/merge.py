"""Merged definitions of all files of a workspace."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from stroem.definitions.kinds import HOOK_KEYS, KINDS
from stroem.definitions.library import library_of
from stroem.definitions.workspace import Definitions
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem


@attrs.frozen(kw_only=True)
class Duplicate:
    """A name that two files define. The first file counts, in the order of paths."""

    kind: str
    name: str
    first: str
    second: str


@attrs.frozen(kw_only=True)
class Merged:
    """The definitions of all files in the order of their paths, libraries first; hooks are joined.

    `places` has the file of every name by section, also of broken definitions.
    """

    definitions: Definitions
    places: Mapping[str, Mapping[str, str]]
    duplicates: tuple[Duplicate, ...] = ()
    problems: tuple[Problem, ...] = ()


def merge(files: Iterable[ParsedFile]) -> Merged:
    """The merged definitions, with the problems that the files have by themselves.

    Libraries come first: of a name that a library and the workspace have, the library's counts.
    """
    ordered = sorted(files, key=lambda file: (library_of(file.path) is None, file.path))
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


def remerge(before: Merged, files: Mapping[str, ParsedFile], changed: Mapping[str, ParsedFile]) -> Merged:
    """The same as `merge(files.values())`, faster when the changed files have the same names as `before`.

    `changed` are the former versions of the changed files.
    """
    pairs = [(old, files.get(path)) for path, old in changed.items()]
    if before.duplicates or not all(new is not None and _has_same_names(old, new) for old, new in pairs):
        return merge(files.values())
    definitions: dict[str, Any] = {kind: dict(getattr(before.definitions, kind)) for kind in KINDS}
    for _, new in pairs:
        for kind in KINDS:
            definitions[kind].update(getattr(new and new.definitions, kind))
    definitions |= {key: getattr(before.definitions, key) for key in HOOK_KEYS}
    problems = (problem for path in sorted(files) for problem in files[path].problems)
    return Merged(definitions=Definitions(**definitions), places=before.places, problems=tuple(problems))


def _has_same_names(old: ParsedFile, new: ParsedFile) -> bool:
    if old.definitions is None or new.definitions is None or old.broken or new.broken:
        return False
    kinds = ((getattr(old.definitions, kind), getattr(new.definitions, kind)) for kind in KINDS)
    hooks = ((getattr(old.definitions, key), getattr(new.definitions, key)) for key in HOOK_KEYS)
    return all(list(was) == list(now) for was, now in kinds) and all(was == now for was, now in hooks)


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
