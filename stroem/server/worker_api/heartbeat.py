"""Heartbeats of workers."""

from aiohttp import web

from stroem.protocol.registration import Heartbeat, HeartbeatAnswer
from stroem.server.keys import SERVICES


async def heartbeat(request: web.Request, body: Heartbeat) -> HeartbeatAnswer:
    """Extends the lease of a worker."""
    services = request.app[SERVICES]
    state = await services.leases.heartbeat(body.worker_id)
    if not body.lease:
        return HeartbeatAnswer(status="ok")
    if state is None:
        return HeartbeatAnswer(status="unknown")
    cancel = await services.inventory.cancellations(body.worker_id)
    return HeartbeatAnswer(status="ok", cancel=cancel, drain=state == "draining")
