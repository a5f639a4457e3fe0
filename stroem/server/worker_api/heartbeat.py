"""Heartbeats of workers."""

from aiohttp import web

from stroem.protocol.registration import Heartbeat, HeartbeatAnswer
from stroem.server.keys import REGISTRY, SERVICES
from stroem.server.worker_api.abilities import checked_abilities


async def heartbeat(request: web.Request, body: Heartbeat) -> HeartbeatAnswer:
    """Extends the lease of a worker, and notes what it can do now."""
    services = request.app[SERVICES]
    if body.capabilities is not None:
        abilities = checked_abilities(
            body.capabilities, (), request.app[REGISTRY], body.languages, may_be_none=bool(body.missing)
        )
        await services.leases.set_abilities(body.worker_id, abilities.capabilities, body.missing)
    state = await services.leases.heartbeat(body.worker_id)
    if not body.lease:
        return HeartbeatAnswer(status="ok")
    if state is None:
        return HeartbeatAnswer(status="unknown")
    cancel = await services.inventory.cancellations(body.worker_id)
    return HeartbeatAnswer(status="ok", cancel=cancel, drain=state == "draining")
