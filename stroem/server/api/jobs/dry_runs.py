"""Dry runs of tasks."""

from collections.abc import Collection, Iterator

import attrs
from aiohttp import web

from stroem.definitions.amounts import offered
from stroem.orchestrator.operations.dry_runner import DryBlocker, DryRun, DryStep
from stroem.server.api.jobs.executions import Execution, ignored_keys, start_request
from stroem.server.api.waiting.reasons import lack
from stroem.server.keys import SERVICES
from stroem.store.jobs import needs
from stroem.store.jobs.needs import WorkerOffer, need_of


async def dry_run(
    request: web.Request, workspace: str, task: str, body: Execution, unknown_keys: tuple[str, ...]
) -> DryRun:
    """Makes the dry run of a task. The body is that of `execute`."""
    services = request.app[SERVICES]
    found = await services.dry_runner.run(start_request(request.app, workspace, task, body))
    async with services.database.read() as connection:
        offers = await needs.active_offers(connection)
    warnings = (*ignored_keys(unknown_keys), *found.warnings)
    return attrs.evolve(found, blockers=(*found.blockers, *_lacks(found.steps, offers, workspace)), warnings=warnings)


def _lacks(steps: Collection[DryStep], offers: Collection[WorkerOffer], workspace: str) -> Iterator[DryBlocker]:
    """The steps that no active worker can run."""
    for step in steps:
        if step.ability is None:
            continue
        need = need_of(step.ability, step.tags, dict(offered(step.resources)))
        if (lacking := lack(need, offers, workspace)) is not None:
            yield DryBlocker(kind="worker", step_name=step.step_name, message=lacking)
