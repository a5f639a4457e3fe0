"""The files of a workspace for workers."""

import base64

import attrs
from aiohttp import hdrs, web

from stroem.server.keys import CORE, TARBALLS
from stroem.server.live import live_workspace
from stroem.server.streaming import stream


@attrs.frozen(kw_only=True)
class RevisionQuery:
    """Which revision is wanted; without one, the current one."""

    revision: str | None = None


async def get(request: web.Request, workspace: str, query: RevisionQuery) -> web.StreamResponse:
    """The files of a workspace as a gzipped tar. 304 when the revision is the one in `If-None-Match`."""
    live_workspace(request.app, workspace)
    found = await request.app[TARBALLS].find(workspace, query.revision)
    headers = {
        hdrs.ETAG: f'"{found.revision}"',
        "X-Revision": found.revision,
        "Digest": "sha-256=" + base64.b64encode(bytes.fromhex(found.digest)).decode(),
    }
    if found.revision in {tag.value for tag in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    blobs = request.app[CORE].blobs
    response = web.StreamResponse(headers=headers)
    response.content_type = "application/gzip"
    response.content_length = await blobs.size(found.digest)
    return await stream(request, response, blobs.stream(found.digest))
