"""Requests to hooks as triggers see them."""

import datetime

from aiohttp import web

from stroem.interfaces.triggers.http_trigger import HookRequest
from stroem.server.http.client_address import client_address


def hook_request(request: web.Request, body: bytes = b"") -> HookRequest:
    """The request with this body. Of several values of a query key the last counts; those of a header are joined."""
    address = client_address(request)
    names = dict.fromkeys(name.lower() for name in request.headers)
    return HookRequest(
        method=request.method,
        headers={name: ", ".join(request.headers.getall(name)) for name in names},
        query=dict(request.query.items()),
        body=body,
        remote=address.text,
        is_proxied=address.is_proxied,
        at=datetime.datetime.now(datetime.UTC),
    )
