"""Workers that say that they are there."""

import uuid
from collections.abc import Iterable
from typing import Literal

import attrs
from aiohttp import web

from stroem.conversion.unstructure import ABSENT
from stroem.orchestrator.exchange import HeldStep
from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class Heartbeat:
    """A worker that is there. With `lease` it wants to hear when it is not known."""

    worker_id: uuid.UUID
    lease: bool = False


@attrs.frozen(kw_only=True)
class StepName:
    """One step of a job, and which attempt of it."""

    job_id: uuid.UUID
    step_name: str
    attempt: int


@attrs.frozen(kw_only=True)
class HeartbeatAnswer:
    """The steps of the worker that are to end. A worker that is `unknown` registers again."""

    status: Literal["ok", "unknown"]
    cancel: tuple[StepName, ...] | None = attrs.field(default=None, metadata=ABSENT)


async def heartbeat(request: web.Request, body: Heartbeat) -> HeartbeatAnswer:
    """Extends the lease of a worker."""
    dispatcher = request.app[SERVICES].dispatcher
    known = await dispatcher.heartbeat(body.worker_id)
    if not body.lease:
        return HeartbeatAnswer(status="ok")
    if not known:
        return HeartbeatAnswer(status="unknown")
    cancel = await dispatcher.cancellations(body.worker_id)
    return HeartbeatAnswer(status="ok", cancel=step_names(cancel))


def step_names(held: Iterable[HeldStep]) -> tuple[StepName, ...]:
    """Steps as they are named to workers."""
    return tuple(StepName(job_id=one.job_id, step_name=one.step, attempt=one.attempt) for one in held)
