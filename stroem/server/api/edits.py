"""Checks of edits of a workspace's files."""

import attrs
from aiohttp import web

from stroem.reconciler.workspaces.edit import CheckedEdit, check_edit
from stroem.server.api.lookup import loaded_workspace
from stroem.server.keys import RECONCILER


@attrs.frozen(kw_only=True)
class Edit:
    """The edited `files`: texts by path, null for one to remove."""

    files: dict[str, str | None]


async def check(request: web.Request, workspace: str, body: Edit) -> CheckedEdit:
    """Checks edited files, laid over the current release: problems, plan and patch. Nothing is stored."""
    loaded_workspace(request.app, workspace)
    reconciler = request.app[RECONCILER]
    followed = reconciler.workspaces.get(workspace)
    return await check_edit(followed, body.files, reconciler.contents, reconciler.deps, reconciler.libraries)
