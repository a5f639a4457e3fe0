"""Replicas of local jobs."""

import uuid

import attrs
from aiohttp import web

from stroem.server.keys import SERVICES


@attrs.frozen(kw_only=True)
class ReplicaQuery:
    """The worker that asks."""

    worker_id: uuid.UUID


async def get(request: web.Request, job_id: uuid.UUID, query: ReplicaQuery) -> web.Response:
    """A local job as it is now: its plan and input with the values of secrets, its state, steps and outputs.

    For the worker on which the job stays, which goes on with it while the server is away. 404 for another job or
    worker, 409 for a job that cannot go on without the server.
    """
    data = await request.app[SERVICES].replicas.get(job_id, query.worker_id)
    return web.Response(body=data, content_type="application/json")
