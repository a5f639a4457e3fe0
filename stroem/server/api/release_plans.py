"""Plans of releases: the changes of a revision."""

from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.reconciler.workspaces.preview import preview
from stroem.records.release_plan import ReleasePlan
from stroem.server.keys import RECONCILER


@attrs.frozen(kw_only=True)
class PlanOf:
    """The branch, tag or commit to plan; by default the followed one."""

    ref: Annotated[str, Line()] | None = None


async def plan(request: web.Request, workspace: str, body: PlanOf) -> ReleasePlan:
    """Compares a revision with the current release. Read-only, and shows no secrets."""
    reconciler = request.app[RECONCILER]
    return await preview(reconciler.workspaces.get(workspace), body.ref, reconciler.deps, reconciler.libraries)
