"""Running attempts, for workers that find what others have left."""

from aiohttp import web

from stroem.errors import BadRequest
from stroem.protocol.steps import RunningAttempts
from stroem.server.keys import SERVICES

MOST_STEPS = 10_000


async def which(request: web.Request, body: RunningAttempts) -> RunningAttempts:
    """Those of the attempts that are running now, whichever worker has them."""
    if len(body.steps) > MOST_STEPS:
        raise BadRequest(message=f"`steps` must have at most {MOST_STEPS} attempts, has {len(body.steps)}")
    running = await request.app[SERVICES].inventory.running_among(
        {((step.job_id, step.step_id), step.attempt) for step in body.steps}
    )
    return RunningAttempts(
        steps=tuple(step for step in body.steps if ((step.job_id, step.step_id), step.attempt) in running)
    )
