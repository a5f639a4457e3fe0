"""Checks of the token that all workers share, and of those of single steps."""

import hmac
from collections.abc import Callable

from aiohttp import hdrs, web

from stroem.errors import Unauthorized
from stroem.protocol.step_token import PREFIX, StepGrant, grant_of
from stroem.server.keys import SERVICES, SETTINGS


def check_worker_token(request: web.Request) -> None:
    """Raises `Unauthorized` unless the request bears the workers' token."""
    expected = request.app[SETTINGS].worker_token
    if not hmac.compare_digest(_bearer(request).encode("utf-8", "surrogateescape"), expected.encode()):
        raise Unauthorized(message="Invalid worker token")


def check_step_token(request: web.Request) -> None:
    """Raises `Unauthorized` unless the request bears the workers' token, or a token of a step.

    Whether that step runs, and may have what it asks for, is for `check_grant`.
    """
    if _step_grant(request) is None:
        check_worker_token(request)


async def check_grant(request: web.Request, is_own: Callable[[StepGrant], bool] = lambda _: True) -> None:
    """Raises `Unauthorized` for a step that does not run any more, or asks for what is not its own."""
    grant = _step_grant(request)
    if grant is None:
        return
    if not is_own(grant):
        raise Unauthorized(message="This token is for other files")
    attempt = ((grant.job_id, grant.step_id), grant.attempt)
    if not await request.app[SERVICES].inventory.running_among({attempt}):
        raise Unauthorized(message="The step of this token does not run")


def bears_worker_token(request: web.Request) -> bool:
    """Whether the request bears the workers' token."""
    try:
        check_worker_token(request)
    except Unauthorized:
        return False
    return True


def _step_grant(request: web.Request) -> StepGrant | None:
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    token = header.partition(" ")[2].strip()
    return grant_of(token, request.app[SETTINGS].worker_token) if token.startswith(PREFIX) else None


def _bearer(request: web.Request) -> str:
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        raise Unauthorized(message="Missing authorization header")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(message="Invalid authorization header format")
    return token.strip()
