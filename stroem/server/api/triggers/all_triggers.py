"""Triggers of all workspaces."""

from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.rights.reach import Reach, is_reached
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.api.triggers.live_infos import live_infos
from stroem.server.api.triggers.trigger_info import State, TriggerInfo, state_of
from stroem.server.http.paging import clamp, page_items
from stroem.server.keys import CATALOG


@attrs.frozen(kw_only=True)
class TriggersQuery:
    """A filter of triggers; `search` is a part of the workspace, the name or the task. `after` is the `next` of the
    page before.
    """

    workspace: Annotated[str, Line()] | None = None
    type: Annotated[str, Line()] | None = None
    state: State | None = None
    search: Annotated[str, Line()] = ""
    after: Annotated[str, Line()] | None = None
    limit: int = 50


@attrs.frozen(kw_only=True)
class TriggerItem(TriggerInfo):
    """A trigger of a workspace."""

    workspace: str


@attrs.frozen(kw_only=True)
class TriggersPage:
    """Triggers by workspace and name, and the number of all that suit. `next` as `after` gives the page behind."""

    items: tuple[TriggerItem, ...]
    total: int
    next: str | None


async def list_all(request: web.Request, query: TriggersQuery) -> TriggersPage:
    """The triggers of all workspaces, each with its next times and its last fire."""
    reach = reach_for(request, "trigger.read")
    pairs = [
        (workspace, name)
        for workspace, live in sorted((live.status.name, live) for live in request.app[CATALOG].live())
        for name in _suiting(live, query, reach)
    ]
    start = tuple((query.after or "").split("/", 1))
    behind = [pair for pair in pairs if query.after is None or pair > start]
    page = behind[: clamp(query.limit, 1, page_items(request))]
    found = await live_infos(request.app, page)
    items = tuple(
        TriggerItem(**attrs.asdict(info, recurse=False), workspace=workspace) for (workspace, _), info in found.items()
    )
    last = f"{page[-1][0]}/{page[-1][1]}" if len(behind) > len(page) else None
    return TriggersPage(items=items, total=len(pairs), next=last)


def _suiting(live: LiveWorkspace, query: TriggersQuery, reach: Reach | None) -> list[str]:
    """The names of the triggers of a workspace that the query asks for, sorted."""
    workspace, search = live.status.name, query.search.casefold()
    if live.definitions is None or query.workspace not in (None, workspace):
        return []
    return sorted(
        name
        for name, trigger in live.definitions.triggers.items()
        if is_reached(reach, workspace, trigger.target)
        and query.type in (None, trigger.type)
        and query.state in (None, state_of(live, name, trigger))
        and any(search in text.casefold() for text in (workspace, name, trigger.task))
    )
