"""Check of the token that all workers share."""

import hmac

from aiohttp import hdrs, web

from stroem.errors import Unauthorized
from stroem.server.keys import SETTINGS


def check_worker_token(request: web.Request) -> None:
    """Raises `Unauthorized` unless the request bears the workers' token."""
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        raise Unauthorized(message="Missing authorization header")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(message="Invalid authorization header format")
    expected = request.app[SETTINGS].worker_token
    if not hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), expected.encode()):
        raise Unauthorized(message="Invalid worker token")


def bears_worker_token(request: web.Request) -> bool:
    """Whether the request bears the workers' token."""
    try:
        check_worker_token(request)
    except Unauthorized:
        return False
    return True
