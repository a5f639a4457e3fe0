"""Steps as workers of the older contract tell of them, one request each."""

import uuid

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.orchestrator.exchange import Outcome
from stroem.server.keys import SERVICES
from stroem.server.worker_api.kept import Kept


@attrs.frozen(kw_only=True)
class StartBody:
    """The worker that begins with a step."""

    worker_id: uuid.UUID


@attrs.frozen(kw_only=True)
class CompleteBody:
    """How a step has ended. It failed when `exit_code` is not 0 or there is an `error`."""

    exit_code: int | None = None
    output: Json = None
    error: str | None = None


@attrs.frozen(kw_only=True)
class CancelledAnswer:
    """Whether the job is to end."""

    cancelled: bool


async def start(request: web.Request, job_id: uuid.UUID, step: str, body: StartBody) -> Kept:
    """A worker begins with a step that it took before."""
    await request.app[SERVICES].dispatcher.begin_step(job_id, step)
    return Kept()


async def complete(request: web.Request, job_id: uuid.UUID, step: str, body: CompleteBody) -> Kept:
    """A step has ended. When it had ended already, nothing changes."""
    outcome = Outcome(job_id=job_id, step=step, exit_code=body.exit_code, output=body.output, error=body.error)
    await request.app[SERVICES].dispatcher.finish(outcome)
    return Kept()


async def is_cancelled(request: web.Request, job_id: uuid.UUID) -> CancelledAnswer:
    """Whether the steps of a job are to end."""
    return CancelledAnswer(cancelled=await request.app[SERVICES].dispatcher.is_cancelled(job_id))
