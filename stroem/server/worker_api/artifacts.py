"""Artifacts that running steps upload."""

import re
import uuid

import aiohttp
import attrs
from aiohttp import hdrs, web

from stroem.conversion.constraints import Int32
from stroem.errors import BadRequest
from stroem.orchestrator.artifacts.uploads import ArtifactUploads, Content, Upload
from stroem.protocol.step_paths import split_attempt
from stroem.protocol.steps import WireStepId
from stroem.server.http.limits import LIMITS
from stroem.server.http.received_file import UPLOADS, announced_size, received_file
from stroem.server.keys import SERVICES, SETTINGS
from stroem.store.artifacts.uploads import Writer

UNKNOWN_TYPE = "application/octet-stream"
_TYPE = re.compile(
    r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}( ?; ?[\w!#$&^.+-]{1,50}=\"?[\w!#$&^.+:/-]{1,100}\"?){0,3}", re.A
)


@attrs.frozen(kw_only=True)
class AttemptQuery:
    """The attempt that uploads. Older workers give none of these; the attempt is part of the name of their step."""

    step_id: WireStepId | None = None
    attempt: Int32 = 1
    worker_id: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class StoredArtifact:
    """A stored artifact, with the SHA-256 of its content."""

    id: uuid.UUID
    name: str
    size_bytes: int
    content_type: str
    sha256: str


async def put(
    request: web.Request, job_id: uuid.UUID, step: str, name: str, query: AttemptQuery, body: aiohttp.StreamReader
) -> StoredArtifact:
    """Stores an artifact of a running step, in the place of one that it has uploaded under the same name.

    It counts once the step has completed. The header `Digest` (`sha-256=…`) is compared with what arrives. 409 when
    the job has ended or the step is no longer the worker's, 413 beyond the limits of a file or of the job.
    """
    services = request.app[SERVICES].artifact_uploads
    upload = Upload(
        writer=await _writer(services, job_id, step, query),
        step_name=step,
        name=name,
        content_type=_content_type(request),
    )
    await services.check(upload, announced_size(request))
    folder = request.app[SETTINGS].cache_folder / UPLOADS
    most, idle_secs = services.limits.file_bytes, request.app[LIMITS].idle_secs
    setting = "artifact_storage.max_file_bytes"
    async with received_file(request, body, folder, most=most, idle_secs=idle_secs, setting=setting) as received:
        content = Content(file=received.file, digest=received.digest, size=received.size)
        stored = await services.store(upload, content)
    return StoredArtifact(
        id=stored, name=name, size_bytes=content.size, content_type=upload.content_type, sha256=content.digest
    )


async def drop(request: web.Request, job_id: uuid.UUID, step: str, query: AttemptQuery) -> web.Response:
    """Deletes what a running attempt has uploaded. 409 as for an upload."""
    services = request.app[SERVICES].artifact_uploads
    await services.drop(await _writer(services, job_id, step, query), step)
    return web.Response(status=204)


async def _writer(services: ArtifactUploads, job_id: uuid.UUID, step: str, query: AttemptQuery) -> Writer:
    if (query.step_id is None) != (query.worker_id is None):
        raise BadRequest(message="`step_id` and `worker_id` belong together")
    if query.step_id is None:
        path, attempt = split_attempt(step)
        return await services.writer(job_id, path, attempt)
    return Writer(job_id=job_id, step=query.step_id, attempt=query.attempt, worker_id=query.worker_id)


def _content_type(request: web.Request) -> str:
    given = request.headers.get(hdrs.CONTENT_TYPE, "")
    return given if _TYPE.fullmatch(given) else UNKNOWN_TYPE
