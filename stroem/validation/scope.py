"""Look-ups of checks beyond their file, and the record of them."""

import functools
import itertools
from collections.abc import Iterator, Mapping

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.library import library_of, own_name
from stroem.definitions.references import all_hooks, all_uses
from stroem.definitions.task import Task, is_inline
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.dialects.environment import Environment
from stroem.interfaces.parsed_file import ParsedFile
from stroem.validation.merge import Merged

Lookup = tuple[str, str]


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Scope:
    """The whole workspace. `encrypted`: it has unreadable files, which may declare further secrets."""

    merged: Merged
    environment: Environment
    encrypted: bool

    @functools.cached_property
    def files(self) -> frozenset[str]:
        """The paths of the workspace."""
        return frozenset(self.environment.files)

    @functools.cached_property
    def feeds(self) -> Mapping[str, frozenset[str] | None]:
        """The inputs that triggers, steps and hooks give to each task; None for any input."""
        feeds: dict[str, frozenset[str] | None] = {}
        for task, given in _feeds(self.merged.definitions):
            before = feeds.get(task, frozenset())
            feeds[task] = None if before is None or given is None else before | given
        return feeds

    @functools.cached_property
    def given(self) -> Mapping[str, frozenset[str] | None]:
        """The inputs that at least one use gives to each action; None for any input."""
        given: dict[str, frozenset[str] | None] = {}
        for action, names in self._uses():
            before = given.get(action, frozenset())
            given[action] = None if before is None or names is None else before | names
        return given

    def _uses(self) -> Iterator[tuple[str, frozenset[str] | None]]:
        definitions = self.merged.definitions
        for name, task in definitions.tasks.items():
            fed = self.feeds.get(name, frozenset())
            for step in task.steps.values():
                if not is_inline(step.action):
                    yield step.action, None if fed is None else fed.union(task.input, step.input)
        for hook in all_hooks(definitions):
            yield hook.action, frozenset(hook.input)


@attrs.frozen(kw_only=True, eq=False)
class View:
    """The scope of one file. Methods that look beyond the file record it in `lookups`."""

    scope: Scope
    file: ParsedFile
    definitions: Definitions
    lookups: set[Lookup] = attrs.Factory(set)
    library: str | None = attrs.field(
        init=False, default=attrs.Factory(lambda self: library_of(self.file.path), takes_self=True)
    )

    def has(self, kind: str, name: str) -> bool:
        """Whether a section has a name, also that of a broken definition."""
        self.lookups.add((kind, name))
        return name in self.scope.merged.places[kind]

    def is_broken(self, kind: str, name: str) -> bool:
        """Whether a definition of this file has mistakes, so that consequences are not reported."""
        return (kind, name) in self.file.broken

    @property
    def is_of_library(self) -> bool:
        """Whether the file is a library's: its users bring secrets, connections and MCP servers."""
        return self.library is not None or self.scope.environment.is_library

    @property
    def has_authors(self) -> bool:
        """Whether the commits of the workspace may have authors."""
        return self.scope.environment.has_authors

    def has_library(self, name: str) -> bool:
        """Whether a library of this name is declared."""
        self.lookups.add(("libraries", name))
        return name in self.scope.environment.libraries

    def is_unread(self, library: str) -> bool:
        """Whether a library is unread, so that any name may be in it."""
        self.lookups.add(("libraries", library))
        return library in self.scope.environment.unread_libraries

    def is_from_library(self, action: str) -> bool:
        """Whether an action is a library's."""
        self.lookups.add(("actions", action))
        return library_of(self.scope.merged.places["actions"].get(action, "")) is not None

    def written(self, name: str) -> str:
        """A name as it is written in the file, without its library's name."""
        return name if self.library is None else own_name(self.library, name)

    def action(self, name: str) -> Action | None:
        """An action without mistakes."""
        self.lookups.add(("actions", name))
        return self.scope.merged.definitions.actions.get(name)

    def task(self, name: str) -> Task | None:
        """A task without mistakes."""
        self.lookups.add(("tasks", name))
        return self.scope.merged.definitions.tasks.get(name)

    def connection(self, name: str) -> Connection | None:
        """A connection without mistakes."""
        self.lookups.add(("connections", name))
        return self.scope.merged.definitions.connections.get(name)

    def connection_type(self, name: str) -> Mapping[str, ConnectionProperty] | None:
        """The properties of a connection type."""
        self.lookups.add(("connection_types", name))
        return self.scope.merged.definitions.connection_types.get(name)

    def secret(self, name: str) -> Json:
        """The value under a top-level name of the secrets."""
        self.lookups.add(("secrets", name))
        return self.scope.merged.definitions.secrets.get(name)

    def has_file(self, path: str) -> bool:
        """Whether the workspace has a file; true when its files are not known."""
        self.lookups.add(("files", path))
        return not self.scope.files or path in self.scope.files

    def fed_inputs(self, task: str) -> frozenset[str] | None:
        """The inputs that triggers, steps and hooks give to a task; None for any input."""
        self.lookups.add(("feeds", task))
        return self.scope.feeds.get(task, frozenset())

    def is_used(self, action: str) -> bool:
        """Whether a step or a hook anywhere uses an action."""
        self.lookups.add(("given", action))
        return action in self.scope.given

    def given_inputs(self, action: str) -> frozenset[str] | None:
        """The inputs that uses of an action give to it; None for any input."""
        self.lookups.add(("given", action))
        return self.scope.given.get(action, frozenset())


def used_actions(definitions: Definitions) -> frozenset[str]:
    """The actions that these definitions use."""
    return frozenset(use.action for use in all_uses(definitions))


def fed_tasks(definitions: Definitions, merged: Definitions) -> frozenset[str]:
    """The tasks that these definitions, a part of the merged ones, give inputs to."""
    started = [action for name in used_actions(definitions) if (action := merged.actions.get(name))]
    tasks = [task for action in (*started, *definitions.actions.values()) if (task := action.own_task) is not None]
    feeds = itertools.chain(_trigger_feeds(definitions), _option_feeds(definitions))
    return frozenset((*tasks, *(task for task, _ in feeds)))


def _feeds(definitions: Definitions) -> Iterator[tuple[str, frozenset[str] | None]]:
    yield from _trigger_feeds(definitions)
    yield from _option_feeds(definitions)
    starters = {name: action for name, action in definitions.actions.items() if action.own_task is not None}
    for use in all_uses(definitions) if starters else ():
        starter = starters.get(use.action)
        if starter is not None and starter.own_task is not None:
            yield starter.own_task, frozenset((*use.input, *starter.input))


def _trigger_feeds(definitions: Definitions) -> Iterator[tuple[str, frozenset[str] | None]]:
    for trigger in definitions.triggers.values():
        yield trigger.target, _trigger_inputs(trigger)
        if trigger.target != trigger.task:
            yield trigger.task, frozenset()


def _option_feeds(definitions: Definitions) -> Iterator[tuple[str, frozenset[str]]]:
    for task in definitions.tasks.values():
        for field in task.input.values():
            if field.options_from is not None:
                yield field.options_from.task, frozenset(field.options_from.input)


def _trigger_inputs(trigger: Trigger) -> frozenset[str] | None:
    if trigger.options.consumes:
        return None
    names: frozenset[str] = frozenset(trigger.input) | trigger.options.gives
    return names | {"events"} if trigger.debounce else names
