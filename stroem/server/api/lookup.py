"""Current workspaces, definitions and tasks by name, or 404 and 503."""

from aiohttp import web

from stroem.conversion.suggestions import missing
from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.errors import NotFound, Unavailable
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.server.api.rights.live_rights import RIGHTS
from stroem.server.api.rights.task_paths import place_of_workspace
from stroem.server.http.actor import principal_of
from stroem.server.keys import CATALOG


def current_workspace(app: web.Application, name: str) -> LiveWorkspace:
    """The current state of a workspace. Raises `NotFound`."""
    workspace = app[CATALOG].get(name)
    if workspace is None:
        raise workspace_not_found(app, name)
    return workspace


def loaded_workspace(app: web.Application, name: str) -> LiveWorkspace:
    """The current state of a workspace. Raises `NotFound`, and `Unavailable` before the first poll of its source."""
    workspace = current_workspace(app, name)
    if workspace.is_loading:
        raise Unavailable(message=f"Workspace {name!r} is being loaded; try again in a moment", retry_after=1)
    return workspace


def current_definitions(app: web.Application, name: str) -> Definitions:
    """The current definitions of a workspace, empty if it never was valid. Raises `NotFound`, `Unavailable`."""
    return loaded_workspace(app, name).definitions or Definitions()


def current_task(app: web.Application, workspace: str, name: str) -> Task:
    """The current definition of a task. Raises `NotFound`, `Unavailable`."""
    found = loaded_workspace(app, workspace)
    task = found.definitions.tasks.get(name) if found.definitions else None
    if task is None:
        reason = f"The workspace is not valid: {found.status.error}" if found.status.error else ""
        raise missing("Task", name, found.definitions.tasks if found.definitions else (), more=reason)
    return task


def workspace_not_found(app: web.Application, name: str) -> NotFound:
    """The error for an unknown workspace."""
    return missing("Workspace", name, [status.name for status in app[CATALOG].workspaces()])


def check_visible(request: web.Request, workspace: str) -> None:
    """Raises `NotFound` for a workspace outside of the path that the client may not see: no other names are hinted at.

    The same goes for an unknown one, unless the client may see all.
    """
    judge = request.app[RIGHTS].rights.judge(principal_of(request))
    if not judge.at(place_of_workspace(request.app[CATALOG], workspace)).is_visible:
        raise NotFound(kind="Workspace", name=workspace)
