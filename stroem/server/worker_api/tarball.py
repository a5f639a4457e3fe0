"""The files of a workspace for workers."""

import attrs
from aiohttp import hdrs, web

from stroem.server.http.blob_response import blob_response
from stroem.server.keys import SERVICES, TARBALLS
from stroem.server.worker_api.auth import check_grant


@attrs.frozen(kw_only=True)
class RevisionQuery:
    """The name of the files, from a claim, or a revision of the source; without one, the current files."""

    revision: str | None = None


async def get(request: web.Request, workspace: str, query: RevisionQuery) -> web.StreamResponse:
    """The files of a workspace as a gzipped tar, or a range of its bytes.

    `X-Revision` and `ETag` name the files. 304 when `If-None-Match` names them. A token of
    a step is good for the files of that step, while it runs.
    """
    await check_grant(request, lambda grant: (grant.workspace, grant.revision) == (workspace, query.revision))
    tarballs = request.app[TARBALLS]
    files = await tarballs.find(workspace, query.revision)
    etag = f'"{files.manifest}"'
    headers = {hdrs.ETAG: etag, "X-Revision": files.manifest}
    if {files.manifest, "*"} & {tag.value for tag in request.if_none_match or ()}:
        return web.Response(status=304, headers=headers)
    digest = await tarballs.make(files)
    return await blob_response(request, request.app[SERVICES].blobs, digest, headers)
