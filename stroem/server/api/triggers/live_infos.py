"""Triggers with their next times, last fires and problems."""

from collections.abc import Sequence

import attrs
from aiohttp import web

from stroem.redaction.definition_secrets import Secrets
from stroem.server.api.triggers.consumer_problems import consumer_problems
from stroem.server.api.triggers.next_runs import with_next_runs
from stroem.server.api.triggers.trigger_info import TriggerInfo, fire_of, trigger_info
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.triggers import fires, triggers

Pair = tuple[str, str]
"""A workspace and the name of a trigger."""


async def live_infos(app: web.Application, pairs: Sequence[Pair]) -> dict[Pair, TriggerInfo]:
    """Triggers by workspace and name, workspace by workspace. Unknown ones are left out.

    The database is read for all together.
    """
    services, infos = app[SERVICES], _infos(app, pairs)
    workspaces = dict.fromkeys(workspace for workspace, _ in pairs)
    async with services.database.read() as connection:
        rows = await triggers.of_pairs(connection, pairs)
        last = await fires.last_of_each(connection, pairs)
        problems = await consumer_problems(connection, workspaces)
    conflicts = await services.hooks.finder.conflicts(workspaces)
    found: dict[Pair, TriggerInfo] = {}
    for workspace in workspaces:
        own = {name: row for (of, name), row in rows.items() if of == workspace}
        shown = [info for (of, _), info in infos.items() if of == workspace]
        for one in await with_next_runs(app, workspace, shown, own):
            pair = (workspace, one.name)
            known = attrs.evolve(
                one,
                last_fire=fire_of(last[pair]) if pair in last else None,
                problem=(own[one.name].problem if one.name in own else None) or conflicts.get(pair),
            )
            found[pair] = problems.added(workspace, known)
    return found


def _infos(app: web.Application, pairs: Sequence[Pair]) -> dict[Pair, TriggerInfo]:
    found: dict[Pair, TriggerInfo] = {}
    secrets: dict[str, Secrets] = {}
    for workspace, name in pairs:
        live = app[CATALOG].get(workspace)
        if live is None or live.definitions is None or name not in live.definitions.triggers:
            continue
        secrets.setdefault(workspace, Secrets(sides=(live.definitions,)))
        found[workspace, name] = trigger_info(live, name, live.definitions.triggers[name], secrets[workspace])
    return found
