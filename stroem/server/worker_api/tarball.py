"""The files of a workspace for workers."""

import base64

import attrs
from aiohttp import hdrs, web

from stroem.server.http.byte_range import RangeNotSatisfiable, byte_range
from stroem.server.http.streaming import stream
from stroem.server.keys import SERVICES, TARBALLS


@attrs.frozen(kw_only=True)
class RevisionQuery:
    """The name of the files, from a claim, or a revision of the source; without one, the current files."""

    revision: str | None = None


async def get(request: web.Request, workspace: str, query: RevisionQuery) -> web.StreamResponse:
    """The files of a workspace as a gzipped tar, or a range of its bytes.

    `X-Revision` and `ETag` name the files. 304 when `If-None-Match` names them.
    """
    tarballs = request.app[TARBALLS]
    files = await tarballs.find(workspace, query.revision)
    etag = f'"{files.manifest}"'
    headers = {hdrs.ETAG: etag, "X-Revision": files.manifest, hdrs.ACCEPT_RANGES: "bytes"}
    if {files.manifest, "*"} & {tag.value for tag in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    digest = await tarballs.make(files)
    headers["Digest"] = "sha-256=" + base64.b64encode(bytes.fromhex(digest)).decode()
    blobs = request.app[SERVICES].blobs
    size = await blobs.size(digest)
    try:
        part = byte_range(request, etag, size)
    except RangeNotSatisfiable:
        return web.Response(status=416, headers={**headers, hdrs.CONTENT_RANGE: f"bytes */{size}"})
    response = web.StreamResponse(status=206 if part else 200, headers=headers)
    response.content_type = "application/gzip"
    if part is None:
        response.content_length = size
        return await stream(request, response, blobs.stream(digest))
    response.content_length = part.end - part.start
    response.headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.end - 1}/{size}"
    return await stream(request, response, blobs.stream(digest, part.start, part.end))
