"""Places at which verbs are done, and the bounds of rules and keys."""

import enum
from collections.abc import Sequence

import attrs

from stroem.rights.globs import any_matches


@attrs.frozen(kw_only=True)
class Place:
    """A task, a workspace, or without both the server itself. `task` is a path: the folder, a slash, the name.

    Of a task or a workspace that is gone, like that of an old job, nobody knows which patterns it would match: only a
    rule for everything allows something there, and every rule that denies counts.
    """

    workspace: str | None = None
    task: str | None = None
    is_workspace_gone: bool = False
    is_task_gone: bool = False

    @property
    def is_gone(self) -> bool:
        return self.is_workspace_gone or self.is_task_gone

    def __str__(self) -> str:
        if self.workspace is None:
            return "the server"
        return f"workspace {self.workspace}" if self.task is None else f"task {self.workspace}/{self.task}"


SERVER = Place()
ANYTHING = Place(workspace="?", task="?", is_workspace_gone=True, is_task_gone=True)
"""A place that stands for all workspaces and tasks, also those that are gone: what is allowed here is so everywhere."""


class Fit(enum.IntEnum):
    """How bounds cover a place: not at all, a part of it (some tasks of a workspace), or the whole."""

    NONE = 0
    PART = 1
    WHOLE = 2


def fit(workspaces: Sequence[str], tasks: Sequence[str], place: Place) -> Fit:
    """How patterns of workspaces and tasks cover a place."""
    all_tasks = Fit.WHOLE if "*" in tasks else Fit.PART
    if place.workspace is None:
        return Fit.WHOLE if "*" in workspaces and all_tasks is Fit.WHOLE else Fit.NONE
    if place.is_workspace_gone:
        of_workspace = Fit.WHOLE if "*" in workspaces else Fit.PART
    elif any_matches(workspaces, place.workspace):
        of_workspace = Fit.WHOLE
    else:
        return Fit.NONE
    if place.task is None or place.is_gone:
        return min(of_workspace, all_tasks)
    return of_workspace if any_matches(tasks, place.task) else Fit.NONE
