"""Refusal of requests that a foreign web page makes a browser send."""

from collections.abc import Callable

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from stroem.conversion.text import one_line
from stroem.errors import Forbidden
from stroem.server.http.allowed_hosts import AllowedHosts
from stroem.server.http.allowed_origins import AllowedOrigins
from stroem.settings.server import ServerSettings

BearsToken = Callable[[web.Request], bool]

_ANY_HOST = ("/worker/", "/hooks/", "/healthz")
"""Paths that check a token or a signature themselves, or have nothing to protect."""

_READS = (hdrs.METH_GET, hdrs.METH_HEAD)
_STARTS_JOBS = "/options"
"""The end of paths whose GET may start a job, which is more than to read."""

_FETCH_SITE = "Sec-Fetch-Site"
_SHOWN = 100


def browser_check(settings: ServerSettings, bears_token: BearsToken) -> Middleware:
    """Middleware that checks the headers `Host` and `Origin`.

    Raises `Forbidden` for a host that is not this server's unless `bears_token`, and for pages of other origins unless
    they only read. Clients other than browsers send no origin and pass.
    """
    hosts, origins = AllowedHosts(settings), AllowedOrigins(settings)

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not (request.path.startswith(_ANY_HOST) or hosts.authority(request) or bears_token(request)):
            raise hosts.refusal(request)
        if request.method not in _READS or hdrs.UPGRADE in request.headers or request.path.endswith(_STARTS_JOBS):
            _check_origin(request, hosts, origins)
        return await handler(request)

    return check


def _check_origin(request: web.Request, hosts: AllowedHosts, origins: AllowedOrigins) -> None:
    crosses = request.headers.get(_FETCH_SITE, "").strip().lower() == "cross-site"
    if (hdrs.ORIGIN not in request.headers and not crosses) or origins.lists(request):
        return
    if crosses or not origins.owns(request, hosts.authority(request)):
        origin = one_line(request.headers.get(hdrs.ORIGIN, "another site")[:_SHOWN])
        raise Forbidden(
            message=f"A web page of {origin} may not do this. If the page is yours, the setting `allowed_origins` of "
            "the server must list its origin, or `public_url` must be the address of this server in browsers "
            "(needs a restart of the server)"
        )
