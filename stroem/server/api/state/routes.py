"""Routes of the state of a task and of a workspace: the same verbs under two paths."""

from collections.abc import Mapping

from stroem.server.api.state import snapshots
from stroem.server.http.route import Handler, Route

TASK_STATE: Mapping[str, Handler] = {
    "list": snapshots.list_of_task,
    "get": snapshots.get_of_task,
    "compare": snapshots.compare_of_task,
    "download": snapshots.download_of_task,
    "upload": snapshots.upload_to_task,
    "rollback": snapshots.roll_back_task,
}
GLOBAL_STATE: Mapping[str, Handler] = {
    "list": snapshots.list_of_workspace,
    "get": snapshots.get_of_workspace,
    "compare": snapshots.compare_of_workspace,
    "download": snapshots.download_of_workspace,
    "upload": snapshots.upload_to_workspace,
    "rollback": snapshots.roll_back_workspace,
}


def state_routes(path: str, handlers: Mapping[str, Handler]) -> tuple[Route, ...]:
    """Routes of the state of a task or a workspace."""
    return (
        Route(method="GET", path=path, handler=handlers["list"], verb="state.read"),
        Route(method="POST", path=path, handler=handlers["upload"], verb="state.write", body_kind="state", status=201),
        Route(method="POST", path=path + "/rollback", handler=handlers["rollback"], verb="state.write", status=201),
        Route(method="GET", path=path + "/compare", handler=handlers["compare"], verb="state.read"),
        Route(method="GET", path=path + "/{number}", handler=handlers["get"], verb="state.read"),
        Route(
            method="GET",
            path=path + "/{number}/archive",
            handler=handlers["download"],
            verb="state.read",
            media_type="application/gzip",
        ),
    )
