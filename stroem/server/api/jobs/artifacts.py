"""Files that the steps of a job leave."""

import datetime
import uuid

import attrs
from aiohttp import web

from stroem.errors import NotFound
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs


@attrs.frozen(kw_only=True)
class Artifact:
    """A file that a step has left, and where it is downloaded."""

    name: str
    content_type: str
    size_bytes: int
    step_name: str
    created_at: datetime.datetime
    url: str


async def list_artifacts(request: web.Request, job_id: uuid.UUID) -> tuple[Artifact, ...]:
    """The files that the steps of a job have left: none, since steps cannot leave any in this version."""
    async with request.app[SERVICES].database.read() as connection:
        if await jobs.get_job(connection, job_id) is None:
            raise NotFound(kind="Job", name=job_id)
    return ()
