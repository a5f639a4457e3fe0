"""Authentication of requests to the API."""

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from stroem.accounts.authenticator import Identity
from stroem.errors import Unauthorized
from stroem.server.http.actor import IDENTITY, PRINCIPAL
from stroem.server.http.client_address import client_address
from stroem.server.http.route import route_of
from stroem.server.keys import ACCOUNTS
from stroem.server.worker_api.auth import bears_worker_token

_TICKET = "ticket"
_TOKEN = "token"  # noqa: S105 (the name of a parameter)


@web.middleware
async def authentication(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Middleware that finds out who makes a request. Raises `Unauthorized`, unless anybody may.

    A cookie is never enough: pages of others make browsers send it.
    """
    route = route_of(request)
    if route is not None and (route.verb is not None or route.is_personal):
        found = await _identity(request)
        request[IDENTITY] = found
        request[PRINCIPAL] = found.principal
    return await handler(request)


def bears_token(request: web.Request) -> bool:
    """Whether a request bears a token of this server: no page of others can know one."""
    if bears_worker_token(request):
        return True
    token = _bearer(request)
    return ACCOUNTS in request.app and token is not None and request.app[ACCOUNTS].authenticator.bears_ours(token)


async def _identity(request: web.Request) -> Identity:
    authenticator, address = request.app[ACCOUNTS].authenticator, client_address(request).text
    token = _bearer(request)
    if token is None and request.method in (hdrs.METH_GET, hdrs.METH_HEAD):
        if ticket := request.query.get(_TICKET):
            return await authenticator.by_ticket(ticket, address)
        if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
            token = request.query.get(_TOKEN)
    if not token:
        raise Unauthorized(message="Authentication required")
    return await authenticator.identity(token, address)


def _bearer(request: web.Request) -> str | None:
    """The token in the header Authorization."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
