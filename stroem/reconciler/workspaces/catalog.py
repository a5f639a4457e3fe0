"""Current state of all workspaces, in memory."""

import datetime
from collections.abc import Callable, Mapping

import attrs

from stroem.definitions.workspace import Definitions
from stroem.records.condition import NOT_LOOKED, Condition, Override, Waiting
from stroem.records.problem import Problem, describe
from stroem.records.release import Commit, Release
from stroem.rights.workspace_rules import RulesFile


@attrs.frozen(kw_only=True)
class WorkspaceStatus:
    """Status of a workspace.

    `revision` is the one last seen at the source, `release` what runs; when they differ, `error`, `waiting` and
    `problems` say why. `checked_at` is the time of the last look, `next_at` of the next one, `looks` counts
    them. `origin` and `ref` say what is followed, `overrides` what people have set against that.
    """

    name: str
    release: Release | None = None
    revision: str | None = None
    commit: Commit | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    source_warnings: tuple[str, ...] = ()
    checked_at: datetime.datetime | None = None
    next_at: datetime.datetime | None = None
    conditions: tuple[Condition, ...] = ()
    waiting: Waiting | None = None
    overrides: tuple[Override, ...] = ()
    failures: int = 0
    looks: int = 0
    origin: str = ""
    ref: str | None = None
    libraries: Mapping[str, str] = attrs.Factory(dict)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems that do not keep a revision from becoming a release, a line each."""
        found = tuple(describe(problem) for problem in self.problems if problem.severity == "warning")
        return (*found, *self.source_warnings)

    def condition(self, kind: str) -> Condition | None:
        """A condition of the workspace."""
        return next((one for one in self.conditions if one.type == kind), None)


@attrs.frozen(kw_only=True)
class LiveWorkspace:
    """A workspace's status with the definitions that run. `definitions` is None when there is no release, or when its
    files were lost from the blob store and not yet found again at the source. `rules` are its rules of rights, which
    have an effect in one workspace only.

    `held` are the tasks that run as an older release has them, with that release and its definitions.
    """

    status: WorkspaceStatus
    definitions: Definitions | None = None
    rules: RulesFile | None = None
    held: Mapping[str, tuple[Release, Definitions]] = attrs.Factory(dict)

    @property
    def release(self) -> Release | None:
        """The current release."""
        return self.status.release

    @property
    def is_loading(self) -> bool:
        """Whether there is no release because the first poll of the source has not ended."""
        ready = self.status.condition("Ready")
        return self.release is None and ready is not None and ready.reason == NOT_LOOKED

    def of_task(self, task: str) -> tuple[Release | None, Definitions | None]:
        """The release and the definitions as which a task runs."""
        return self.held.get(task) or (self.release, self.definitions)

    @property
    def paused_triggers(self) -> Mapping[str, Override]:
        """The paused triggers."""
        return {one.name: one for one in self.status.overrides if one.kind == "trigger_paused"}


class Catalog:
    """All workspaces of the settings, by name."""

    def __init__(self) -> None:
        self._live: dict[str, LiveWorkspace] = {}
        self._listeners: list[Callable[[str], None]] = []

    def listen(self, listener: Callable[[str], None]) -> None:
        """Calls a listener with the name of each workspace that is replaced or removed from now on."""
        self._listeners.append(listener)

    def workspaces(self) -> list[WorkspaceStatus]:
        """The status of every workspace, sorted by name."""
        return [self._live[name].status for name in sorted(self._live)]

    def live(self) -> list[LiveWorkspace]:
        """All workspaces."""
        return list(self._live.values())

    def get(self, name: str) -> LiveWorkspace | None:
        """The status of a workspace; None for an unknown name."""
        return self._live.get(name)

    def put(self, live: LiveWorkspace) -> None:
        """Replaces what is known of a workspace: status, release and definitions in one step."""
        self._live[live.status.name] = live
        self._tell(live.status.name)

    def remove(self, name: str) -> None:
        """Forgets a workspace that the settings no longer have."""
        self._live.pop(name, None)
        self._tell(name)

    def _tell(self, name: str) -> None:
        for listener in self._listeners:
            listener(name)
