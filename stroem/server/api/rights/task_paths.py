"""Paths of the current tasks of all workspaces."""

from collections.abc import Mapping

from stroem.definitions.task import Task
from stroem.reconciler.workspaces.catalog import Catalog, LiveWorkspace
from stroem.rights.place import Place


class TaskPaths:
    """Paths of all current tasks, by workspace and name. `version` changes with them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[object, object, Mapping[str, str]]] = {}
        self.version = 0

    def read(self, catalog: Catalog) -> Mapping[str, Mapping[str, str]]:
        """The paths as they are now; those of workspaces that have not changed are kept."""
        live = {one.status.name: one for one in catalog.live()}
        for name in self._known.keys() - live.keys():
            del self._known[name]
            self.version += 1
        for name, one in live.items():
            known = self._known.get(name)
            if known is None or known[0] is not one.definitions or known[1] is not one.held:
                self._known[name] = (one.definitions, one.held, _paths(one))
                self.version += 1
        return {name: known[2] for name, known in self._known.items()}


def place_of_workspace(catalog: Catalog, workspace: str) -> Place:
    """The place of a workspace."""
    return Place(workspace=workspace, is_workspace_gone=catalog.get(workspace) is None)


def task_named(catalog: Catalog, workspace: str, text: str) -> str:
    """The name of the task with a name or a path (`folder/name`); the text itself if there is none."""
    live = catalog.get(workspace)
    if live is None or "/" not in text or _definition(live, text) is not None:
        return text
    return next((name for name, path in _paths(live).items() if path == text), text)


def place_of_task(catalog: Catalog, workspace: str, task: str) -> Place:
    """The place of a task, given by its name."""
    live = catalog.get(workspace)
    found = None if live is None else _definition(live, task)
    return Place(
        workspace=workspace,
        task=task if found is None else _path(task, found),
        is_workspace_gone=live is None,
        is_task_gone=found is None,
    )


def _paths(live: LiveWorkspace) -> Mapping[str, str]:
    names = {*(live.definitions.tasks if live.definitions else ()), *live.held}
    found = {name: _definition(live, name) for name in names}
    return {name: _path(name, task) for name, task in found.items() if task is not None}


def _definition(live: LiveWorkspace, task: str) -> Task | None:
    definitions = live.of_task(task)[1]
    return None if definitions is None else definitions.tasks.get(task)


def _path(name: str, task: Task) -> str:
    return f"{task.folder.strip('/')}/{name}" if task.folder else name
