"""What every workspace is now: in memory, so that asking costs nothing."""

import datetime
from collections.abc import Iterable

import attrs

from stroem.definitions.problem import Problem
from stroem.definitions.release import Release
from stroem.definitions.workspace import Definitions


@attrs.frozen(kw_only=True)
class WorkspaceStatus:
    """How a workspace stands.

    `revision` is the one last seen at the source, `release` what runs; when they differ, `error` and
    `problems` say why. `checked_at` is the time of the last look.
    """

    name: str
    release: Release | None = None
    revision: str | None = None
    error: str | None = None
    problems: tuple[Problem, ...] = ()
    checked_at: datetime.datetime | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems that do not keep a revision from becoming a release, a line each."""
        return tuple(describe(problem) for problem in self.problems if problem.severity == "warning")


@attrs.frozen(kw_only=True)
class LiveWorkspace:
    """A workspace's status with the definitions of its current release. `definitions` is None when there is
    no release, or when its files were lost from the blob store and not yet found again at the source.
    """

    status: WorkspaceStatus
    definitions: Definitions | None = None

    @property
    def release(self) -> Release | None:
        """The current release."""
        return self.status.release


class Catalog:
    """All workspaces of the settings, by name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._live = {name: LiveWorkspace(status=WorkspaceStatus(name=name)) for name in sorted(names)}

    def workspaces(self) -> list[WorkspaceStatus]:
        """The status of every workspace, sorted by name."""
        return [live.status for live in self._live.values()]

    def get(self, name: str) -> LiveWorkspace | None:
        """One workspace; None when the settings have no such name."""
        return self._live.get(name)

    def put(self, live: LiveWorkspace) -> None:
        """Replaces what is known of a workspace: status, release and definitions in one step."""
        self._live[live.status.name] = live


def describe(problem: Problem) -> str:
    """A problem in one line: `file:line:column: message (hint)`."""
    hint = f" ({problem.hint})" if problem.hint else ""
    return f"{problem.file}:{problem.line}:{problem.column}: {problem.message}{hint}"
