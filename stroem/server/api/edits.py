"""Checks of edits of a workspace's files."""

from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.reconciler.workspaces.edit import CheckedEdit, check_edit
from stroem.server.api.lookup import loaded_workspace
from stroem.server.api.release_files import CURRENT, revision_of
from stroem.server.keys import RECONCILER


@attrs.frozen(kw_only=True)
class Edit:
    """The edited `files`: texts by path, null for one to remove.

    `base` is what they were before: a release by its number, `current`, or `newest`.
    """

    files: dict[str, str | None]
    base: Annotated[str, Line()] = CURRENT


async def check(request: web.Request, workspace: str, body: Edit) -> CheckedEdit:
    """Checks edited files, laid over their base: problems, plan and patch. Nothing is stored."""
    loaded_workspace(request.app, workspace)
    reconciler = request.app[RECONCILER]
    followed = reconciler.workspaces.get(workspace)
    base = await revision_of(request, workspace, body.base)
    mask = reconciler.contents.mask(workspace, base.definitions)
    return await check_edit(followed, body.files, base, mask, reconciler.deps, reconciler.libraries)
