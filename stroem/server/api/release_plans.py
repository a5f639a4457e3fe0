"""Plans of releases: the changes of a revision, and between releases."""

import asyncio
import datetime
from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.reconciler.diff.plan import plan_between
from stroem.reconciler.workspaces.excerpts import reader_of
from stroem.reconciler.workspaces.file_diffs import with_file_diffs
from stroem.reconciler.workspaces.preview import preview
from stroem.records.release_plan import ReleasePlan
from stroem.server.api.release_files import contents_of
from stroem.server.keys import RECONCILER
from stroem.store.jobs.summaries import live_counts


@attrs.frozen(kw_only=True)
class PlanOf:
    """The branch, tag or commit to plan; by default the followed one."""

    ref: Annotated[str, Line()] | None = None


async def plan(request: web.Request, workspace: str, body: PlanOf) -> ReleasePlan:
    """Compares a revision with the current release. Read-only, and shows no secrets."""
    reconciler = request.app[RECONCILER]
    return await preview(reconciler.workspaces.get(workspace), body.ref, reconciler.deps, reconciler.libraries)


async def compare(request: web.Request, workspace: str, number: str, other: str) -> ReleasePlan:
    """Compares release `other` with release `number`, each a number or `current`. Shows no secrets.

    From the current release to an older one it is the preview of a rollback.
    """
    old, new = [await contents_of(request, workspace, one) for one in (number, other)]
    reconciler, now = request.app[RECONCILER], datetime.datetime.now(datetime.UTC)
    deps = reconciler.deps
    async with deps.database.read() as connection:
        live_jobs = await live_counts.count_live(connection, workspace)
    before, after = old.side, new.side
    if workspace != deps.rules_from():
        before, after = attrs.evolve(before, rules=None), attrs.evolve(after, rules=None)
    own_rules = deps.own_rules()
    found = await asyncio.to_thread(
        plan_between, before, after, dialects=deps.dialects, now=now, live_jobs=live_jobs, own_rules=own_rules
    )
    mask = reconciler.contents.mask(workspace, old.definitions, new.definitions)
    read_old, read_new = (reader_of(one.files, {}, deps.blobs) for one in (old, new))
    return await with_file_diffs(found, read_old, read_new, mask)
