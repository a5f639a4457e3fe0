"""Triggers of all workspaces."""

from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.reconciler.workspaces.catalog import LiveWorkspace
from stroem.redaction.definition_secrets import Secrets
from stroem.server.api.triggers.consumer_problems import consumer_problems
from stroem.server.api.triggers.next_runs import with_next_runs
from stroem.server.api.triggers.trigger_info import State, TriggerInfo, fire_of, trigger_info
from stroem.server.http.paging import clamp, page_items
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.triggers import fires, triggers

_CONSUMING = "event_source"


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
    pairs = [
        (workspace, name)
        for workspace, live in sorted((live.status.name, live) for live in request.app[CATALOG].live())
        for name in _suiting(live, query)
    ]
    start = tuple((query.after or "").split("/", 1))
    behind = [pair for pair in pairs if query.after is None or pair > start]
    page = behind[: clamp(query.limit, 1, page_items(request))]
    items = await _items(request, page)
    last = f"{page[-1][0]}/{page[-1][1]}" if len(behind) > len(page) else None
    return TriggersPage(items=items, total=len(pairs), next=last)


def _suiting(live: LiveWorkspace, query: TriggersQuery) -> list[str]:
    """The names of the triggers of a workspace that the query asks for, sorted."""
    workspace, search = live.status.name, query.search.casefold()
    if live.definitions is None or query.workspace not in (None, workspace):
        return []
    return sorted(
        name
        for name, trigger in live.definitions.triggers.items()
        if query.type in (None, trigger.type)
        and query.state in (None, _state(live, name))
        and any(search in text.casefold() for text in (workspace, name, trigger.task))
    )


def _state(live: LiveWorkspace, name: str) -> State:
    if live.definitions is None or not live.definitions.triggers[name].enabled:
        return "disabled"
    return "paused" if name in live.paused_triggers else "live"


async def _items(request: web.Request, page: list[tuple[str, str]]) -> tuple[TriggerItem, ...]:
    """The triggers of a page, with what the database knows of them, read for all together."""
    services, infos = request.app[SERVICES], _infos(request.app, page)
    consuming = {workspace for (workspace, _), info in infos.items() if info.type == _CONSUMING}
    async with services.database.read() as connection:
        rows = await triggers.of_pairs(connection, page)
        last = await fires.last_of_each(connection, page)
        problems = {workspace: await consumer_problems(connection, workspace) for workspace in consuming}
    conflicts = await services.hooks.finder.conflicts({workspace for workspace, _ in page})
    found: list[TriggerItem] = []
    for workspace in dict.fromkeys(workspace for workspace, _ in page):
        own = {name: row for (of, name), row in rows.items() if of == workspace}
        shown = [info for (of, _), info in infos.items() if of == workspace]
        for one in await with_next_runs(request.app, workspace, shown, own):
            pair = (workspace, one.name)
            known = attrs.evolve(
                one,
                last_fire=fire_of(last[pair]) if pair in last else None,
                problem=(own[one.name].problem if one.name in own else None) or conflicts.get(pair),
            )
            told = problems[workspace].added(known) if workspace in problems else known
            found.append(TriggerItem(**attrs.asdict(told, recurse=False), workspace=workspace))
    return tuple(found)


def _infos(app: web.Application, page: list[tuple[str, str]]) -> dict[tuple[str, str], TriggerInfo]:
    found: dict[tuple[str, str], TriggerInfo] = {}
    secrets: dict[str, Secrets] = {}
    for workspace, name in page:
        live = app[CATALOG].get(workspace)
        if live is None or live.definitions is None or name not in live.definitions.triggers:
            continue
        secrets.setdefault(workspace, Secrets(sides=(live.definitions,)))
        found[workspace, name] = trigger_info(live, name, live.definitions.triggers[name], secrets[workspace])
    return found
