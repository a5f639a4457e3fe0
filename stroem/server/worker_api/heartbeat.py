"""Heartbeats of workers."""

from aiohttp import web

from stroem.protocol.registration import Heartbeat, HeartbeatAnswer
from stroem.server.keys import SERVICES


async def heartbeat(request: web.Request, body: Heartbeat) -> HeartbeatAnswer:
    """Extends the lease of a worker."""
    services = request.app[SERVICES]
    known = await services.leases.heartbeat(body.worker_id)
    if not body.lease:
        return HeartbeatAnswer(status="ok")
    if not known:
        return HeartbeatAnswer(status="unknown")
    return HeartbeatAnswer(status="ok", cancel=await services.inventory.cancellations(body.worker_id))
