"""Users of actions and files: tasks, and hooks of the workspace."""

import posixpath
from collections.abc import Collection, Iterator, Mapping

import attrs

from stroem.definitions.library import path_in_library
from stroem.definitions.references import used_actions
from stroem.definitions.workspace import Definitions
from stroem.files.links import target
from stroem.records.release import FileEntry
from stroem.records.release_plan import NameList

MOST_NAMES = 20


@attrs.define(kw_only=True)
class Users:
    """The users of an action or file: tasks by name, and whether the hooks of the workspace use it."""

    tasks: set[str] = attrs.Factory(set)
    hooks: bool = False


def name_list(names: Collection[str]) -> NameList:
    """The first names, sorted."""
    ordered = sorted(names)
    return NameList(names=tuple(ordered[:MOST_NAMES]), left_out=max(len(ordered) - MOST_NAMES, 0))


def users_of_actions(actions: Collection[str], definitions: Definitions) -> dict[str, Users]:
    """The users of each of the actions. Costs a pass over all steps, none when `actions` is empty."""
    found: dict[str, Users] = {}
    if not actions:
        return found
    for name, task in definitions.tasks.items():
        for action in used_actions(task):
            if action in actions:
                found.setdefault(action, Users()).tasks.add(name)
    for action in used_actions(definitions):
        if action in actions:
            found.setdefault(action, Users()).hooks = True
    return found


def users_of_files(
    paths: Collection[str], definitions: Definitions, files: Mapping[str, FileEntry]
) -> dict[str, Users]:
    """The users of each of the files, through the `source` of actions, links followed."""
    sources: dict[str, list[str]] = {}
    for name, action in definitions.actions.items():
        if action.source is not None:
            for path in _paths(name, action.source, files):
                if path in paths:
                    sources.setdefault(name, []).append(path)
    found: dict[str, Users] = {}
    for action_name, users in users_of_actions(sources, definitions).items():
        for path in sources[action_name]:
            known = found.setdefault(path, Users())
            known.tasks |= users.tasks
            known.hooks |= users.hooks
    return found


def _paths(action: str, source: str, files: Mapping[str, FileEntry]) -> Iterator[str]:
    """The file that is an action's source, and the target of that file if it is a link."""
    plain = posixpath.normpath(source)
    library, dot, _ = action.partition(".")
    if dot and path_in_library(library, plain) in files:
        plain = path_in_library(library, plain)
    yield plain
    entry = files.get(plain)
    if entry is not None and entry.link is not None:
        led_to = target(plain, files)
        if led_to is not None:
            yield led_to.path
