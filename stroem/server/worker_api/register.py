"""Workers that come up."""

import uuid
from typing import Annotated

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.orchestrator.exchange import Registration
from stroem.server.keys import REGISTRY, SERVICES
from stroem.server.worker_api.abilities import checked_abilities


@attrs.frozen(kw_only=True)
class WorkerBody:
    """A worker that comes up. `worker_id` is the one that it had before, when it was started again."""

    name: Annotated[str, Line()]
    capabilities: tuple[Annotated[str, Line()], ...] = ()
    tags: tuple[Annotated[str, Line()], ...] = ()
    exclusive: bool = False
    version: Annotated[str, Line()] | None = None
    worker_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class RegisteredWorker:
    """The worker's id from now on, how long it may be silent, in seconds, before its steps are lost, and how many
    bytes the output of a step may have.
    """

    worker_id: uuid.UUID
    lease_secs: int
    output_bytes: int


async def register(request: web.Request, body: WorkerBody) -> RegisteredWorker:
    """Enters a worker."""
    abilities = checked_abilities(body.capabilities, body.tags, request.app[REGISTRY])
    dispatcher = request.app[SERVICES].dispatcher
    worker_id = await dispatcher.register(
        Registration(
            name=body.name,
            capabilities=abilities.capabilities,
            tags=abilities.tags,
            exclusive=body.exclusive,
            version=body.version,
            previous=body.worker_id,
        )
    )
    return RegisteredWorker(worker_id=worker_id, lease_secs=dispatcher.lease_secs, output_bytes=dispatcher.output_bytes)
