"""Reach of a verb: the workspaces and tasks at which a principal has it."""

from collections.abc import Mapping

import attrs

from stroem.rights.place import ANYTHING, SERVER, Place
from stroem.rights.rights import Judge
from stroem.rights.verbs import Verb

TaskPaths = Mapping[str, Mapping[str, str]]
"""Paths of all current tasks, by workspace and name."""


@attrs.frozen(kw_only=True)
class Reach:
    """What is reached: all of the `workspaces`, single `tasks` (workspace and name) of others, and the `server`."""

    server: bool
    workspaces: frozenset[str]
    tasks: frozenset[tuple[str, str]]

    def includes(self, workspace: str, task: str | None = None) -> bool:
        """Whether a task is reached; without one, whether the whole workspace is."""
        return workspace in self.workspaces or (task is not None and (workspace, task) in self.tasks)

    def touches(self, workspace: str) -> bool:
        """Whether something in a workspace is reached."""
        return workspace in self.workspaces or any(one == workspace for one, _ in self.tasks)


def reach_of(judge: Judge, verb: Verb, paths: TaskPaths) -> Reach | None:
    """The reach of a verb; None for everything, also what is gone."""
    if verb in judge.at(ANYTHING).verbs:
        return None
    whole: set[str] = set()
    tasks: set[tuple[str, str]] = set()
    for workspace, own in paths.items():
        if verb in judge.at(Place(workspace=workspace, task="?", is_task_gone=True)).verbs:
            whole.add(workspace)
        else:
            tasks.update((workspace, name) for name in judge.tasks_with(verb, workspace, own))
    server = verb in judge.at(SERVER).verbs
    return Reach(server=server, workspaces=frozenset(whole), tasks=frozenset(tasks))


def is_reached(reach: Reach | None, workspace: str, task: str | None = None) -> bool:
    """Whether a task is reached; without one, whether the whole workspace is."""
    return reach is None or reach.includes(workspace, task)
