"""What steps on other machines leave in their folders, on its way to their workers."""

import re

import aiohttp
import attrs
from aiohttp import hdrs, web

from stroem.errors import NotFound, TooManyRequests
from stroem.files.state_archive import PACKED_BYTES
from stroem.orchestrator.artifacts.uploads import Content
from stroem.server.http.blob_response import blob_response
from stroem.server.http.limits import LIMITS
from stroem.server.http.received_file import UPLOADS, received_file
from stroem.server.keys import SERVICES, SETTINGS
from stroem.server.worker_api.auth import check_grant, step_grant
from stroem.store.machines.holdings import count_step_files, note_step_files

_DIGEST = re.compile("[0-9a-f]{64}")
_SCOPES_OF_STATE = 2
_MOST_TARS = 20
"""Of one attempt of a step, which sends one, and perhaps another when the connection broke."""


@attrs.frozen(kw_only=True)
class KeptFiles:
    """The SHA-256 of a tar, by which the worker fetches it."""

    sha256: str
    size_bytes: int


async def put(request: web.Request, body: aiohttp.StreamReader) -> KeptFiles:
    """Keeps a gzipped tar of a running step until its worker has fetched it, for a day at least.

    413 beyond what the artifacts of a job, its state and an output may have together, 429 for an attempt that has sent
    twenty already.
    """
    await check_grant(request)
    grant, database = step_grant(request), request.app[SERVICES].database
    if grant is not None:
        async with database.read() as connection:
            sent = await count_step_files(connection, grant.job_id, grant.step_id, grant.attempt)
        if sent >= _MOST_TARS:
            raise TooManyRequests(message=f"This attempt of the step has sent {sent} tars already")
    services, limits = request.app[SERVICES].artifact_uploads, request.app[LIMITS]
    async with received_file(
        request,
        body,
        request.app[SETTINGS].cache_folder / UPLOADS,
        most=services.limits.job_bytes + _SCOPES_OF_STATE * PACKED_BYTES + limits.output,
        idle_secs=limits.idle_secs,
        setting="artifact_storage.max_job_bytes",
    ) as received:
        await services.keep_for_now(Content(file=received.file, digest=received.digest, size=received.size))
    if grant is not None:
        async with database.begin() as connection:
            await note_step_files(connection, grant.job_id, grant.step_id, grant.attempt, received.digest)
    return KeptFiles(sha256=received.digest, size_bytes=received.size)


async def get(request: web.Request, sha256: str) -> web.StreamResponse:
    """A tar that a step has left, or a range of its bytes."""
    if not _DIGEST.fullmatch(sha256):
        raise NotFound(kind="Tar", name=sha256)
    return await blob_response(request, request.app[SERVICES].blobs, sha256, {hdrs.ETAG: f'"{sha256}"'})
