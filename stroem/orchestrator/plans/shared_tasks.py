"""Tasks that steps of other workspaces may start."""

from collections.abc import Callable

from stroem.definitions.workspace import Definitions
from stroem.engine.plan import TaskPlan
from stroem.errors import Forbidden, NotFound, NotRunnable, Unavailable
from stroem.records.release import Release

CurrentTask = Callable[[str, str], tuple[Release, Definitions]]
"""The release and definitions as which a task of a workspace runs now, in memory.

Raises NotFound, Unavailable while the workspace is loaded, NotRunnable for one that was never valid.
"""


def no_workspaces(workspace: str, task: str) -> tuple[Release, Definitions]:
    """The tasks of a server without workspaces."""
    raise NotFound(kind="Workspace", name=workspace)


class SharedTasks:
    """Finds the tasks of other workspaces, if these allow it."""

    def __init__(self, current: CurrentTask) -> None:
        self._current = current

    def release_of(self, workspace: str, task: str, caller: str) -> Release:
        """The current release of a task for a step of the workspace `caller`.

        Raises NotFound, Forbidden, NotRunnable, Unavailable.
        """
        release, definitions = self._current(workspace, task)
        found = definitions.tasks.get(task)
        if found is None:
            raise NotFound(kind="Task", name=task)
        if workspace != caller and not found.may_be_called_from(caller):
            raise Forbidden(
                message=f"Task {task!r} of workspace {workspace!r} may not be started by workspace {caller!r}; "
                "`callable_from` of the task must list that"
            )
        return release

    def warnings(self, plan: TaskPlan, caller: str) -> list[str]:
        """Warnings about steps whose tasks of other workspaces cannot be started now, which may change until then."""
        found: list[str] = []
        for node in plan.foreign_tasks:
            try:
                self.release_of(node.workspace or "", node.task or "", caller)
            except (NotFound, Forbidden, NotRunnable, Unavailable) as error:
                found.append(f"Step {node.name!r} cannot be started as things stand: {error}")
        return found
