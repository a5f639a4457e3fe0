"""Validation of a whole workspace, at a cost that follows the change."""

from collections.abc import Callable, Collection, Iterable, Mapping

import attrs

from stroem.conversion.problem_places import Placed, place
from stroem.conversion.suggestions import Suggester
from stroem.definitions.field import PRIMITIVE_TYPES
from stroem.definitions.kinds import KINDS
from stroem.definitions.library import library_of, own_name, path_in_library
from stroem.definitions.task import is_inline
from stroem.definitions.workflow_folder import ENCRYPTED_ENDINGS
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.interfaces.parsed_file import ParsedFile
from stroem.records.problem import Problem
from stroem.validation.duplicates import place_duplicates
from stroem.validation.files import check_file
from stroem.validation.given_texts import GivenTexts, given_texts, renew_texts, with_texts
from stroem.validation.heard_tasks import place_circles
from stroem.validation.merge import Merged, merge, remerge
from stroem.validation.scope import Lookup, Scope, fed_tasks, used_actions

Read = Callable[[str], bytes]


@attrs.frozen(kw_only=True, eq=False)
class FileCheck:
    """The findings of a file, its texts for fields declared elsewhere, and the look-ups that both depend on."""

    placed: tuple[Placed, ...]
    given: GivenTexts
    lookups: frozenset[Lookup]


@attrs.frozen(kw_only=True, eq=False)
class Validation:
    """The definitions of a workspace and all its problems, sorted by file, line and column.

    `files`, `checks` and `scope` are reused by the next validation.
    """

    definitions: Definitions
    problems: tuple[Problem, ...]
    files: Mapping[str, ParsedFile]
    checks: Mapping[str, FileCheck]
    scope: Scope


def validate(
    files: Mapping[str, ParsedFile], read: Read, environment: Environment, previous: Validation | None = None
) -> Validation:
    """All mistakes in the files of a workspace.

    `read` gives the bytes of a file, and is called only for files with mistakes. With the `previous` validation, only
    changed files and files that depend on them are checked.
    """
    changed = _changed(files, previous)
    merged = _merge(files, changed, previous)
    encrypted = any(path.endswith(ENCRYPTED_ENDINGS) and library_of(path) is None for path in files)
    scope = Scope(merged=merged, environment=environment, encrypted=encrypted)
    kept = _unaffected(files, changed, scope, previous)
    before = (previous.scope.merged.definitions, previous.definitions) if previous else None
    checks = {path: kept.get(path) or _check(file, scope, read, before) for path, file in files.items()}
    return Validation(
        definitions=_with_texts(merged, files, checks, previous),
        problems=_problems(merged, checks.values(), scope, read),
        files=dict(files),
        checks=checks,
        scope=scope,
    )


def _check(file: ParsedFile, scope: Scope, read: Read, before: tuple[Definitions, Definitions] | None) -> FileCheck:
    checked = check_file(file, scope)
    given = given_texts(file, scope.merged, before)
    placed = place(file.path, read(file.path), checked.mistakes, of_models=True) if checked.mistakes else ()
    return FileCheck(placed=placed, given=given, lookups=checked.lookups | given.lookups)


def _changed(files: Mapping[str, ParsedFile], previous: Validation | None) -> Collection[str]:
    if previous is None:
        return files.keys()
    before = previous.files
    return [path for path in files.keys() | before.keys() if files.get(path) is not before.get(path)]


def _merge(files: Mapping[str, ParsedFile], changed: Collection[str], previous: Validation | None) -> Merged:
    if previous is None or not all(path in previous.files for path in changed):
        return merge(files.values())
    return remerge(previous.scope.merged, files, {path: previous.files[path] for path in changed})


def _unaffected(
    files: Mapping[str, ParsedFile], changed: Collection[str], scope: Scope, previous: Validation | None
) -> Mapping[str, FileCheck]:
    if previous is None or _affects_all(scope, previous.scope):
        return {}
    touched = [file for path in changed for file in (files.get(path), previous.files.get(path)) if file is not None]
    affected = _affected(touched, scope, previous)
    left = previous.checks.keys() - changed
    return {path: previous.checks[path] for path in left if previous.checks[path].lookups.isdisjoint(affected)}


def _affects_all(scope: Scope, before: Scope) -> bool:
    """Whether a change may affect any file: of the environment, or of the file that counts for a duplicate name."""
    return (
        scope.environment.runners != before.environment.runners
        or scope.environment.workspaces != before.environment.workspaces
        or scope.environment.is_library != before.environment.is_library
        or scope.environment.has_authors != before.environment.has_authors
        or scope.encrypted != before.encrypted
        or scope.merged.duplicates != before.merged.duplicates
    )


def _affected(touched: Iterable[ParsedFile], scope: Scope, previous: Validation) -> set[Lookup]:
    """Look-ups with another result: all that the touched files define, feed or use, before or now."""
    before = previous.scope
    affected: set[Lookup] = set()
    for file in touched:
        affected |= file.broken
        if file.definitions is not None:
            affected.update(_changed_names(file.definitions, scope.merged, before.merged))
            affected.update(_changed_uses(file.definitions, scope.merged))
    libraries = scope.environment.libraries ^ before.environment.libraries
    unread = scope.environment.unread_libraries ^ before.environment.unread_libraries
    affected |= {("libraries", name) for name in libraries | unread}
    if scope.environment.files is not before.environment.files:
        if bool(scope.files) != bool(before.files):
            affected |= {key for check in previous.checks.values() for key in check.lookups if key[0] == "files"}
        affected |= {("files", path) for path in scope.files ^ before.files}
    return affected


def _changed_names(definitions: Definitions, merged: Merged, before: Merged) -> Iterable[Lookup]:
    for kind in KINDS:
        now, then = getattr(merged.definitions, kind), getattr(before.definitions, kind)
        places, former = merged.places[kind], before.places[kind]
        for name in getattr(definitions, kind):
            if name not in now or name not in then or now[name] != then[name] or places[name] != former[name]:
                yield kind, name


def _changed_uses(definitions: Definitions, merged: Merged) -> Iterable[Lookup]:
    for action in used_actions(definitions):
        yield "given", action
    for name in fed_tasks(definitions, merged.definitions):
        yield "feeds", name
        task = merged.definitions.tasks.get(name)
        for step in task.steps.values() if task else ():
            yield "given", step.action


def _with_texts(
    merged: Merged, files: Mapping[str, ParsedFile], checks: Mapping[str, FileCheck], previous: Validation | None
) -> Definitions:
    if previous is None or merged.places is not previous.scope.merged.places:
        return with_texts(merged.definitions, (check.given for check in checks.values()))
    former = previous.checks
    fresh = [(files[path], check.given) for path, check in checks.items() if former.get(path) is not check]
    return renew_texts(merged.definitions, (previous.scope.merged.definitions, previous.definitions), fresh)


def _problems(merged: Merged, checks: Iterable[FileCheck], scope: Scope, read: Read) -> tuple[Problem, ...]:
    problems = list(merged.problems)
    placed = [placed for check in checks for placed in check.placed]
    placed += place_duplicates(merged, read)
    placed += place_circles(merged, read)
    if placed:
        suggester = Suggester()
        placed.sort(key=lambda one: _order(one.problem))
        names = _names_by_kind(scope, {one.near.kind for one in placed if one.near and one.near.kind})
        problems += [one.hinted(suggester, names) for one in placed]
    return tuple(sorted(problems, key=_order))


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    return problem.file, problem.line, problem.column, problem.code, problem.message


def _names_by_kind(scope: Scope, kinds: Iterable[str]) -> dict[str, Collection[str]]:
    places = scope.merged.places
    names: dict[str, Collection[str]] = {}
    for kind in kinds:
        of_kind, _, library = kind.partition(" of ")
        if library and of_kind == "files":
            start = path_in_library(library, "")
            names[kind] = [path[len(start) + 1 :] for path in scope.files if path.startswith(f"{start}/")]
        elif library:
            there = (name for name in places[of_kind] if name.startswith(f"{library}.") and not is_inline(name))
            names[kind] = [own_name(library, name) for name in there]
        elif kind == "actions":
            names[kind] = [name for name in places[kind] if not is_inline(name)]
        elif kind == "libraries":
            names[kind] = scope.environment.libraries
        elif kind == "files":
            names[kind] = scope.files
        elif kind == "field types":
            names[kind] = (*PRIMITIVE_TYPES, *places["connection_types"])
        else:
            names[kind] = places[kind]
    return names
