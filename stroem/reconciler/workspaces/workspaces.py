"""The workspaces that there are now, and changes of their settings."""

from collections.abc import Iterator, Mapping

import attrs

from stroem.conversion.suggestions import missing
from stroem.reconciler.sources.sources import Sources, is_same
from stroem.reconciler.workspaces.state import Workspace
from stroem.records.event import EventKind, NewEvent
from stroem.settings.server import WorkspaceSettings

_OF_OTHERS = frozenset({"outside-workspace", "unknown-library"})
"""Problems that hang on which other workspaces there are."""


@attrs.frozen(kw_only=True)
class WorkspacesChange:
    """The names of workspaces that are new or have other settings, and those that are gone."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[Workspace, ...] = ()

    @property
    def events(self) -> list[NewEvent]:
        """Events to record about it."""
        said: list[tuple[EventKind, str, tuple[str, ...]]] = [
            ("workspace_added", "was added to the settings", self.added),
            ("workspace_changed", "has other settings", self.changed),
            ("workspace_removed", "was removed from the settings", tuple(one.name for one in self.removed)),
        ]
        return [
            NewEvent(kind=kind, workspace=name, message=f"Workspace {name!r} {words}", cause="settings")
            for kind, words, names in said
            for name in names
        ]

    def and_then(self, later: "WorkspacesChange") -> "WorkspacesChange":
        """This change and a later one as one."""
        gone = {workspace.name for workspace in later.removed}
        added, changed = (*self.added, *later.added), (*self.changed, *later.changed)
        return WorkspacesChange(
            added=tuple(name for name in dict.fromkeys(added) if name not in gone),
            changed=tuple(name for name in dict.fromkeys(changed) if name not in {*gone, *added}),
            removed=(*self.removed, *later.removed),
        )


class Workspaces:
    """The workspaces by name, each with its source."""

    def __init__(self, sources: Sources, settings: Mapping[str, WorkspaceSettings]) -> None:
        self._workspaces = {name: _make(name, one, sources) for name, one in settings.items()}

    def __iter__(self) -> Iterator[Workspace]:
        return iter(list(self._workspaces.values()))

    def __contains__(self, name: str) -> bool:
        return name in self._workspaces

    @property
    def names(self) -> list[str]:
        """The names of all workspaces."""
        return list(self._workspaces)

    def get(self, name: str) -> Workspace:
        """A workspace. Raises `NotFound`."""
        if name not in self._workspaces:
            raise missing("Workspace", name, self._workspaces)
        return self._workspaces[name]

    async def change(
        self, settings: Mapping[str, WorkspaceSettings], sources: Sources, *, libraries_changed: bool
    ) -> WorkspacesChange:
        """Takes over other settings. With `libraries_changed` every workspace is judged anew."""
        removed = [self._workspaces.pop(name) for name in self.names if name not in settings]
        for workspace in removed:
            workspace.removed = True
        added, changed = [], []
        for name, one in settings.items():
            made = _make(name, one, sources)
            known = self._workspaces.get(name)
            if known is None:
                self._workspaces[name] = made
                added.append(name)
            elif await _take_over(known, made) or libraries_changed:
                known.evaluation = None
                changed.append(name)
        if added or removed:  # what was said of names in other workspaces may no longer be so
            for workspace in self:
                problems = workspace.evaluation.problems if workspace.evaluation else ()
                if any(one.code in _OF_OTHERS for one in problems):
                    workspace.evaluation = None
        return WorkspacesChange(added=tuple(added), changed=tuple(changed), removed=tuple(removed))


def _make(name: str, settings: WorkspaceSettings, sources: Sources) -> Workspace:
    source = sources.of(settings)
    return Workspace(
        key=name, settings=settings, source=source, interval=settings.poll_interval_secs or source.poll_secs
    )


async def _take_over(known: Workspace, made: Workspace) -> bool:
    """Whether the workspace has other settings now; its source stays the same object where its options did."""
    same_source = known.settings.limits == made.settings.limits and is_same(known.source, made.source)
    if known.settings == made.settings and same_source:
        return False
    async with known.lock:
        known.settings, known.interval = made.settings, made.interval
        if not same_source:
            known.source, known.snapshot, known.merged = made.source, None, None
    return True
