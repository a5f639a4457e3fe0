"""Registration of workers."""

from typing import Literal

import attrs
from aiohttp import web

from stroem.orchestrator.jobs.worker_leases import Owner
from stroem.protocol.registration import RegisteredWorker, Registration
from stroem.server.http.audit.recording import note
from stroem.server.keys import REGISTRY, SERVICES
from stroem.server.worker_api.abilities import checked_abilities, checked_resources
from stroem.server.worker_api.auth import identity_of


@attrs.frozen(kw_only=True)
class Ack:
    """The request was recorded."""

    status: Literal["ok"] = "ok"


async def register(request: web.Request, body: Registration) -> RegisteredWorker:
    """Registers a worker."""
    abilities = checked_abilities(
        body.capabilities, body.tags, request.app[REGISTRY], body.languages, may_be_none=bool(body.missing)
    )
    checked_resources(body.resources)
    note(request, actor=("worker", body.name), object=("worker", body.name), after={"tags": list(body.tags)})
    checked = attrs.evolve(body, capabilities=abilities.capabilities, tags=abilities.tags)
    identity = identity_of(request)
    owner = Owner() if identity is None else Owner(identity_id=identity.id, workspaces=identity.workspaces)
    return await request.app[SERVICES].leases.register(checked, owner)
