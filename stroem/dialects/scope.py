"""What the checks of one file may look up elsewhere, and the record of what they did look up."""

import functools
from collections.abc import Mapping

import attrs

from stroem.definitions.action import Action
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.task import INLINE_PREFIX, Task
from stroem.definitions.trigger import Trigger
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.dialects.document import ParsedFile
from stroem.dialects.known import Known
from stroem.dialects.merge import Merged

Lookup = tuple[str, str]
WEBHOOK_INPUT = frozenset({"body", "headers", "method", "query"})


@attrs.frozen(kw_only=True, eq=False, slots=False)
class Scope:
    """The whole workspace. `encrypted`: it has files that cannot be read, which may declare more secrets."""

    merged: Merged
    known: Known
    encrypted: bool

    @functools.cached_property
    def files(self) -> frozenset[str]:
        """The paths of the workspace."""
        return frozenset(self.known.files)

    @functools.cached_property
    def feeds(self) -> Mapping[str, frozenset[str] | None]:
        """By task: the inputs that triggers give it beside those it declares, None when they can be any."""
        feeds: dict[str, frozenset[str] | None] = {}
        for task, given in _feeds(self.merged.definitions):
            before = feeds.get(task, frozenset())
            feeds[task] = None if before is None or given is None else before | given
        return feeds


@attrs.frozen(kw_only=True, eq=False)
class View:
    """A scope as one file sees it. Every method that looks beyond the file leaves a trace in `lookups`."""

    scope: Scope
    file: ParsedFile
    definitions: Definitions
    lookups: set[Lookup] = attrs.Factory(set)

    def has(self, kind: str, name: str) -> bool:
        """Whether there is such a thing, be it broken or not."""
        self.lookups.add((kind, name))
        return name in self.scope.merged.places[kind]

    def is_broken(self, kind: str, name: str) -> bool:
        """Whether a thing of this file has mistakes, so that what follows from it is not to be told."""
        return (kind, name) in self.file.broken

    def action(self, name: str) -> Action | None:
        """An action that can be used."""
        self.lookups.add(("actions", name))
        return self.scope.merged.definitions.actions.get(name)

    def task(self, name: str) -> Task | None:
        """A task that can be used."""
        self.lookups.add(("tasks", name))
        return self.scope.merged.definitions.tasks.get(name)

    def connection(self, name: str) -> Connection | None:
        """A connection that can be used."""
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
        """The undeclared inputs that a task is given by triggers; None when they can be any."""
        self.lookups.add(("feeds", task))
        return self.scope.feeds.get(task, frozenset())


def fed_tasks(definitions: Definitions) -> frozenset[str]:
    """The tasks whose inputs depend on these definitions."""
    return frozenset(task for task, _ in _feeds(definitions))


def _feeds(definitions: Definitions) -> list[tuple[str, frozenset[str] | None]]:
    feeds: list[tuple[str, frozenset[str] | None]] = []
    for trigger in definitions.triggers.values():
        feeds.append((trigger.task, _trigger_inputs(trigger)))
        if trigger.target_task is not None:
            feeds.append((trigger.target_task, None))
    for action in definitions.actions.values():
        if action.task is not None:
            feeds.append((action.task, None))
        feeds += [(tool.task, None) for tool in action.tools if tool.task is not None]
    return feeds


def _trigger_inputs(trigger: Trigger) -> frozenset[str]:
    names = frozenset(trigger.input)
    return names | WEBHOOK_INPUT if trigger.type == "webhook" else names


def is_inline(action: str) -> bool:
    """Whether an action's name is that of one written inside a step."""
    return action.startswith(INLINE_PREFIX)
