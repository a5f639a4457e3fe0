"""The releases of a workspace."""

import attrs
from aiohttp import web

from stroem.conversion.constraints import Int32
from stroem.reconciler.workspaces.operations import release_not_kept
from stroem.records.release import Release
from stroem.server.api.git_pages import page_of
from stroem.server.api.lookup import workspace_not_found
from stroem.server.http.paging import clamp
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.workspaces import releases

_MOST = 200


@attrs.frozen(kw_only=True)
class ReleaseQuery:
    """A page of releases: numbers below `before`, at most `limit` (1 to 200)."""

    before: Int32 | None = None
    limit: int = 50


@attrs.frozen(kw_only=True)
class ReleaseList:
    """Releases, newest first. `next` is the `before` of the following page; null at the end."""

    items: tuple[Release, ...]
    next: int | None


async def list_releases(request: web.Request, workspace: str, query: ReleaseQuery) -> ReleaseList:
    """The kept releases of a workspace, also after its removal from the settings."""
    limit = clamp(query.limit, 1, _MOST)
    async with request.app[SERVICES].database.read() as connection:
        found = await releases.list_releases(connection, workspace, before=query.before, limit=limit + 1)
    if not found and query.before is None and request.app[CATALOG].get(workspace) is None:
        raise workspace_not_found(request.app, workspace)
    more = len(found) > limit
    return ReleaseList(
        items=tuple(_with_page(request.app, one) for one in found[:limit]),
        next=found[limit - 1].number if more else None,
    )


async def get(request: web.Request, workspace: str, number: int) -> Release:
    """A release, with its cause, its author and its changes."""
    async with request.app[SERVICES].database.read() as connection:
        found = await releases.find_by_number(connection, workspace, number)
    if found is None:
        raise release_not_kept(workspace, number)
    return _with_page(request.app, found)


def _with_page(app: web.Application, release: Release) -> Release:
    return attrs.evolve(release, commit_url=page_of(app, release.workspace, release.revision))
