"""Files that differ, and their users."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal

import attrs

from stroem.definitions.workflow_folder import WORKFLOW_FOLDER
from stroem.definitions.workspace import Definitions
from stroem.dialects.installed import InstalledDialects
from stroem.reconciler.diff.action_users import Users, name_list, users_of_files
from stroem.records.release import FileEntry
from stroem.records.release_plan import FileChange

What = Literal["content", "mode", "link"]


def differing_files(old: Collection[FileEntry], new: Collection[FileEntry]) -> list[FileChange]:
    """The files that differ, sorted by path, without their users. Identical objects are not compared."""
    if old is new:
        return []
    before = {file.path: file for file in old}
    found: list[FileChange] = []
    for file in new:
        was = before.pop(file.path, None)
        if was is None:
            found.append(FileChange(path=file.path, change="added", new_mode=_octal(file)))
        elif was is not file and (what := tuple(_what(was, file))):
            modes = (_octal(was), _octal(file)) if "mode" in what else (None, None)
            found.append(FileChange(path=file.path, change="changed", what=what, old_mode=modes[0], new_mode=modes[1]))
    found += [FileChange(path=path, change="removed") for path in before]
    return sorted(found, key=lambda change: change.path)


def with_users(
    changes: Iterable[FileChange],
    old: tuple[Definitions, Mapping[str, FileEntry]],
    new: tuple[Definitions, Mapping[str, FileEntry]],
    dialects: InstalledDialects,
) -> tuple[list[FileChange], frozenset[str]]:
    """The changes with the users of their files, and all tasks among these.

    The users of a removed file are those of the old revision. Used files come first, workflow files last.
    """
    changes = list(changes)
    workflows = {*_workflows(changes, old[1], dialects), *_workflows(changes, new[1], dialects)}
    scripts = {change.path for change in changes} - workflows
    used = {**users_of_files(scripts, *old), **users_of_files(scripts, *new)} if scripts else {}
    found = [_with_user(change, used.get(change.path, Users()), change.path in workflows) for change in changes]
    found.sort(key=lambda change: (not (change.used_by.names or change.by_hooks), change.definitions, change.path))
    return found, frozenset(task for users in used.values() for task in users.tasks)


def _with_user(change: FileChange, users: Users, definitions: bool) -> FileChange:
    return attrs.evolve(change, used_by=name_list(users.tasks), by_hooks=users.hooks, definitions=definitions)


def _workflows(
    changes: Iterable[FileChange], files: Mapping[str, FileEntry], dialects: InstalledDialects
) -> Iterator[str]:
    """The workflow files among the changed ones; whether there is a `.workflows/` counts for all files."""
    candidates = [change.path for change in changes if change.path in files]
    inside = next((path for path in files if path.startswith(WORKFLOW_FOLDER)), "")
    workflows = set(dialects.workflow_files([*candidates, inside] if inside else candidates))
    yield from (path for path in candidates if path in workflows)


def _what(old: FileEntry, new: FileEntry) -> Iterator[What]:
    if old.link != new.link:
        yield "link"
    elif old.digest != new.digest:
        yield "content"
    if old.mode != new.mode and old.link is None and new.link is None:
        yield "mode"


def _octal(file: FileEntry) -> str | None:
    return f"{file.mode:04o}" if file.link is None else None
