"""Middleware that serves the UI where the server has no route."""

import asyncio
from pathlib import Path

from aiohttp import ETag, hdrs, web
from aiohttp.typedefs import Handler, Middleware

from stroem.server.pages.html_page import message_page
from stroem.server.ui.built_files import HASHED, INDEX, BuiltFile, read_built

_RESERVED = frozenset({"api", "worker", "hooks", "healthz"})
"""First parts of paths that are for programs: there the UI answers nothing."""
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; frame-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    hdrs.VARY: hdrs.ACCEPT_ENCODING,
}
_FOR_EVER = "public, max-age=31536000, immutable"


def ui_middleware(folder: Path) -> Middleware:
    """Middleware for GET and HEAD of paths that have no route: a built file, or the page of the UI.

    The page answers `/`, and any other path for clients that accept HTML: the UI knows its own paths. All else is
    not found, as without the UI.
    """

    @web.middleware
    async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_for_ui(request):
            return await handler(request)
        name = request.path.removeprefix("/")
        accepted = ",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, []))
        if found := await asyncio.to_thread(read_built, folder, name, accepted):
            return _response(request, found, _FOR_EVER if name.startswith(HASHED) else "no-cache")
        if name.startswith(HASHED) or not (name == "" or _wants_html(request)):
            return await handler(request)
        if page := await asyncio.to_thread(read_built, folder, INDEX, accepted):
            return _response(request, page, "no-cache")
        return message_page("The web UI is not built", "In a checkout of Strøm, run: make ui", status=503)

    return serve


def _is_for_ui(request: web.Request) -> bool:
    """Whether the request reads a path that has no route and is not reserved."""
    return (
        request.method in (hdrs.METH_GET, hdrs.METH_HEAD)
        and isinstance(request.match_info.http_exception, web.HTTPNotFound)
        and request.path.split("/")[1] not in _RESERVED
    )


def _wants_html(request: web.Request) -> bool:
    """True if the header Accept names HTML, as it does when a browser opens a page."""
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT, [])).lower().split(",")
    return any(one.partition(";")[0].strip() == "text/html" for one in accepted)


def _response(request: web.Request, file: BuiltFile, cache_control: str) -> web.Response:
    tag = ETag(value=file.etag)
    known = request.if_none_match or ()
    if any(one.value in (tag.value, "*") for one in known):
        response = web.Response(status=304, headers=_HEADERS)
    else:
        response = web.Response(body=file.content, headers={**_HEADERS, hdrs.CONTENT_TYPE: file.content_type})
        if file.coding:
            response.headers[hdrs.CONTENT_ENCODING] = file.coding
    response.headers[hdrs.CACHE_CONTROL] = cache_control
    response.etag = tag
    return response
