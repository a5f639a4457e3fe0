"""Workers that say that they are there."""

import uuid
from typing import Literal

import attrs
from aiohttp import web

from stroem.server.answers import ABSENT
from stroem.server.keys import CORE


@attrs.frozen(kw_only=True)
class Heartbeat:
    """A worker that is there. With `lease` it wants to hear when it is not known."""

    worker_id: uuid.UUID
    lease: bool = False


@attrs.frozen(kw_only=True)
class StepName:
    """One step of a job."""

    job_id: uuid.UUID
    step_name: str


@attrs.frozen(kw_only=True)
class HeartbeatAnswer:
    """The steps of the worker that are to end. A worker that is `unknown` registers again."""

    status: Literal["ok", "unknown"]
    cancel: tuple[StepName, ...] | None = attrs.field(default=None, metadata=ABSENT)


async def heartbeat(request: web.Request, body: Heartbeat) -> HeartbeatAnswer:
    """Extends the lease of a worker."""
    dispatcher = request.app[CORE].dispatcher
    known = await dispatcher.heartbeat(body.worker_id)
    if not body.lease:
        return HeartbeatAnswer(status="ok")
    if not known:
        return HeartbeatAnswer(status="unknown")
    cancel = await dispatcher.cancellations(body.worker_id)
    return HeartbeatAnswer(
        status="ok", cancel=tuple(StepName(job_id=job_id, step_name=step) for job_id, step in cancel)
    )
