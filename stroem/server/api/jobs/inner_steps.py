"""One step of a job with the steps inside it, such as an item of a loop with many."""

import asyncio
import uuid

import attrs
from aiohttp import web

from stroem.errors import NotFound
from stroem.orchestrator.operations.pauser import PauseState, pauses_of
from stroem.protocol.step_paths import parse
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.api.jobs.job_steps import StepDetail
from stroem.server.api.jobs.outputs import may_read_outputs
from stroem.server.api.jobs.pause_reasons import pause_reasons
from stroem.server.api.jobs.step_operations import holds_in
from stroem.server.api.jobs.stored_steps import steps_inside
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs, loop_items


@attrs.frozen(kw_only=True)
class InnerSteps:
    """A step, first, and the steps inside it as in a job. Loops have counts of their items in place of these.

    Without the right `output.read` there are no outputs.
    """

    steps: tuple[StepDetail, ...]


async def get(request: web.Request, job_id: uuid.UUID, step: str) -> InnerSteps:
    """A step with its values and attempts, and the steps inside it."""
    app = request.app
    async with app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
        if job is None:
            raise NotFound(kind="Job", name=job_id)
        found = await app[SERVICES].names.find(connection, [(job_id, step)])
        row = await loop_items.step_at(connection, found[job_id, step]) if found else None
        if row is None:
            raise await app[SERVICES].names.missing(connection, job_id, step)
        around = await loop_items.step_at(connection, (job_id, row.parent)) if row.parent else None
        steps = await steps_inside(app, connection, job, row)
        named = [(job_id, one.id) for one in (row, around) if one is not None]
        names = await app[SERVICES].names.names_of(connection, named)
        pause = (await pauses_of(connection, [job])).get(job_id, PauseState())
    loop = None
    if around is not None and steps.plan.node(around.node).kind == "loop":
        loop = names[job_id, around.id], around.total
    waiting = {**steps.waiting, **pause_reasons(steps.rows, pause, holds_in(job))}
    steps = attrs.evolve(
        steps,
        waiting=waiting,
        redactor=await redactor_of(app, job, steps.plan),
        has_outputs=may_read_outputs(request, job),
    )
    shown = await asyncio.to_thread(steps.below, row, parse(names[job_id, row.id]), loop)
    return InnerSteps(steps=shown)
