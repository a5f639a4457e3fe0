"""Web pages of commits and files at the git host of a workspace."""

from aiohttp import web

from stroem.definitions.library import library_of
from stroem.server.keys import RECONCILER


def page_of(
    app: web.Application, workspace: str, revision: str | None, path: str | None = None, line: int | None = None
) -> str | None:
    """The page of a revision, or of a file in it at a line; None where there is none, as for files of libraries."""
    workspaces = app[RECONCILER].workspaces
    if revision is None or workspace not in workspaces or (path is not None and library_of(path) is not None):
        return None
    return workspaces.get(workspace).source.page(revision, path, line)
