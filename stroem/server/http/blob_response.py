"""Responses with an object of the blob store."""

import base64
from collections.abc import Mapping

from aiohttp import hdrs, web

from stroem.blobs.blob_store import BlobStore
from stroem.server.http.byte_range import RangeNotSatisfiable, byte_range
from stroem.server.http.streaming import stream


async def blob_response(
    request: web.Request,
    blobs: BlobStore,
    digest: str,
    headers: Mapping[str, str],
    media_type: str = "application/gzip",
) -> web.StreamResponse:
    """An object, or the range of its bytes that is asked for. `headers` have its `ETag`."""
    size = await blobs.size(digest)
    checksum = "sha-256=" + base64.b64encode(bytes.fromhex(digest)).decode()
    headers = {**headers, hdrs.ACCEPT_RANGES: "bytes", "Digest": checksum}
    try:
        part = byte_range(request, headers[hdrs.ETAG], size)
    except RangeNotSatisfiable:
        return web.Response(status=416, headers={**headers, hdrs.CONTENT_RANGE: f"bytes */{size}"})
    response = web.StreamResponse(status=206 if part else 200, headers=headers)
    response.headers[hdrs.CONTENT_TYPE] = media_type
    if part is None:
        response.content_length = size
        return await stream(request, response, blobs.stream(digest))
    response.content_length = part.end - part.start
    response.headers[hdrs.CONTENT_RANGE] = f"bytes {part.start}-{part.end - 1}/{size}"
    return await stream(request, response, blobs.stream(digest, part.start, part.end))
