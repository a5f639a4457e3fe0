"""Triggers as the current releases have them, with the values of their secrets."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs
from cachetools import LRUCache

from stroem.definitions.trigger import Trigger
from stroem.definitions.trigger_options import as_json, templates_of
from stroem.definitions.values import Json, Path
from stroem.definitions.workspace import Definitions
from stroem.interfaces.triggers.trigger_type import TriggerType
from stroem.orchestrator.plans.plan_secrets import references_replaced
from stroem.records.release import Release
from stroem.redaction.redactor import MARKER
from stroem.templating.errors import Withheld
from stroem.templating.template import render

_TRIGGERS = 20_000
_IN_STORE = Withheld("the secret is in a store, which the options of a trigger cannot read")


@attrs.frozen(kw_only=True)
class WorkspaceTriggers:
    """The current release of a workspace, and its definitions."""

    release: Release
    definitions: Definitions


CurrentWorkspace = Callable[[str], WorkspaceTriggers | None]
"""Finds the current release of a workspace, in memory; None without a release."""

Names = Callable[[], Collection[str]]
"""Gives the names of the workspaces of this server."""


@attrs.frozen(kw_only=True)
class LiveTrigger:
    """A trigger of a current release. `options` have rendered secrets."""

    workspace: str
    name: str
    trigger: Trigger
    options: TriggerType
    release: Release

    @property
    def source_id(self) -> str:
        """The source of its jobs."""
        return f"{self.workspace}/{self.name}"


class LiveTriggers:
    """Finds the triggers of current releases. LRU cache of rendered options."""

    def __init__(self, current: CurrentWorkspace, names: Names) -> None:
        self._current = current
        self._names = names
        self._found: LRUCache[tuple[int, str, str], LiveTrigger] = LRUCache(_TRIGGERS)

    def workspaces(self) -> list[str]:
        """The workspaces of this server with a release."""
        return list(self.releases())

    def releases(self) -> dict[str, int]:
        """The current releases of these workspaces, as this server knows them."""
        return {name: found.release.id for name in self._names() if (found := self._current(name)) is not None}

    def get(self, workspace: str, name: str) -> LiveTrigger | None:
        """A trigger as this server knows it; None for one that is not there. Raises TemplateFailed."""
        current = self._current(workspace)
        if current is None:
            return None
        key = (current.release.id, workspace, name)
        found = self._found.get(key)
        if found is None:
            trigger = current.definitions.triggers.get(name)
            if trigger is None:
                return None
            options = rendered_options(trigger.options, current.definitions)
            found = LiveTrigger(
                workspace=workspace, name=name, trigger=trigger, options=options, release=current.release
            )
            self._found[key] = found
        return found

    def of_workspace(self, workspace: str) -> Mapping[str, Trigger]:
        """The triggers of a workspace by name, as this server knows them. Their templates are not rendered."""
        current = self._current(workspace)
        return {} if current is None else current.definitions.triggers

    def release_id(self, workspace: str) -> int | None:
        """The current release of a workspace, as this server knows it."""
        release = self.release(workspace)
        return None if release is None else release.id

    def release(self, workspace: str) -> Release | None:
        """The current release of a workspace, as this server knows it, with its facts."""
        current = self._current(workspace)
        return None if current is None else current.release


def rendered_options(options: Any, definitions: Definitions) -> Any:
    """The options with their templates over secrets rendered. Raises TemplateFailed.

    Those of consumers are rendered again for their steps, which may read secrets of stores; others may not.
    """
    secrets = references_replaced(definitions.secrets, MARKER if options.consumes else _IN_STORE)
    for path, value in templates_of(options):
        rendered = _rendered(value, {"secret": secrets})
        if rendered is not value:
            options = _with(options, path, rendered)
    return options


def _with(holder: Any, path: Path, value: Any) -> Any:
    """A record, a tuple or a mapping with another value at a path inside."""
    if not path:
        return value
    first, below = path[0], path[1:]
    if isinstance(holder, tuple):
        return tuple(_with(one, below, value) if number == first else one for number, one in enumerate(holder))
    if isinstance(holder, dict):
        return {**holder, first: _with(holder[first], below, value)}
    return attrs.evolve(holder, **{str(first): _with(getattr(holder, str(first)), below, value)})


def _rendered(value: Any, context: dict[str, Json]) -> Any:
    """The value with its texts rendered; records stay records."""
    if attrs.has(type(value)):
        fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        return attrs.evolve(value, **{name: _rendered(entry, context) for name, entry in fields.items()})
    if isinstance(value, tuple):
        return tuple(_rendered(entry, context) for entry in value)
    if isinstance(value, dict):
        return {key: _rendered(entry, context) for key, entry in value.items()}
    return render(as_json(value), context)
