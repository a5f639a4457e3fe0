"""Bodies of requests, received within the limits of the server."""

import contextlib

from aiohttp import web

from stroem.server.http.admission import AdmissionLimiter
from stroem.server.http.client_address import client_address
from stroem.server.http.limits import LIMITS, BodyKind, max_body_bytes
from stroem.server.http.requests import read_body


async def receive_body(
    request: web.Request, kind: BodyKind, limiter: web.AppKey[AdmissionLimiter], slots: contextlib.ExitStack
) -> bytes:
    """The body, whose place in the limiter is free when `slots` close.

    Raises `BadRequest` if it does not come in time, `TooLarge`, `Unavailable`.
    """
    limits = request.app[LIMITS]
    slot = slots.enter_context(request.app[limiter].slot(client_address(request).text))
    return await read_body(request, max_body_bytes(limits, kind), slot, limits.body_secs)
