"""Folders of jobs, for workers that keep them."""

from aiohttp import web

from stroem.errors import BadRequest
from stroem.protocol.volumes import Volumes
from stroem.server.keys import SERVICES

MOST_VOLUMES = 1000


async def which(request: web.Request, body: Volumes) -> Volumes:
    """Those of the folders that no job needs any more: their workers remove them."""
    if len(body.volumes) > MOST_VOLUMES:
        raise BadRequest(message=f"`volumes` must have at most {MOST_VOLUMES} ids, has {len(body.volumes)}")
    return Volumes(volumes=await request.app[SERVICES].inventory.ended_volumes(body.volumes))
