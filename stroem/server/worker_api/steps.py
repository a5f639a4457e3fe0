"""Reports of workers of the older contract: one request for each change of a step."""

import uuid

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.protocol.step_paths import split_attempt
from stroem.protocol.steps import Outcome
from stroem.server.keys import SERVICES
from stroem.server.worker_api.register import Ack


@attrs.frozen(kw_only=True)
class StartBody:
    """The worker that begins a step."""

    worker_id: uuid.UUID


@attrs.frozen(kw_only=True)
class CompleteBody:
    """The end of a step: failed when `exit_code` is not 0 or there is an `error`."""

    exit_code: int | None = None
    output: Json = None
    error: str | None = None


@attrs.frozen(kw_only=True)
class CompleteJobBody:
    """The end of a job. Its `output` changes nothing: it is made of those of its steps."""

    output: Json = None


@attrs.frozen(kw_only=True)
class CancelledAnswer:
    """Whether the job is to end."""

    cancelled: bool


async def start(request: web.Request, job_id: uuid.UUID, step: str, body: StartBody) -> Ack:
    """Notes that a worker begins a step that it has claimed."""
    path, attempt = split_attempt(step)
    await request.app[SERVICES].legacy.begin_step(job_id, path, attempt)
    return Ack()


async def complete(request: web.Request, job_id: uuid.UUID, step: str, body: CompleteBody) -> Ack:
    """Records the end of a step. When it had ended already, nothing changes."""
    path, attempt = split_attempt(step)
    outcome = Outcome(
        job_id=job_id,
        step_name=path,
        attempt=attempt,
        exit_code=body.exit_code,
        output=body.output,
        error=body.error,
    )
    await request.app[SERVICES].legacy.finish(outcome)
    return Ack()


async def complete_job(request: web.Request, job_id: uuid.UUID, body: CompleteJobBody) -> Ack:
    """Confirms the end of a job, which its last step has brought about; 409 while one of its steps has not ended."""
    await request.app[SERVICES].legacy.check_ended(job_id)
    return Ack()


async def is_cancelled(request: web.Request, job_id: uuid.UUID) -> CancelledAnswer:
    """Whether the steps of a job are to end."""
    return CancelledAnswer(cancelled=await request.app[SERVICES].legacy.is_cancelled(job_id))
