"""Authentication of workers: by a token of their own, by the token that all share, or by that of a single step."""

import hmac
from collections.abc import Callable

from aiohttp import hdrs, web

from stroem.errors import Unauthorized
from stroem.machines.identities import WorkerIdentity
from stroem.protocol.step_token import PREFIX, StepGrant, grant_of
from stroem.protocol.worker_token import WORKER_TOKEN
from stroem.server.http.audit.recording import note
from stroem.server.keys import GRANT_SECRET, MACHINES, SERVICES, SETTINGS

IDENTITY = web.RequestKey("worker_identity", WorkerIdentity)


async def check_worker_token(request: web.Request) -> None:
    """Raises `Unauthorized` unless the request bears the token of a worker."""
    token = bearer_of(request)
    if token.startswith(WORKER_TOKEN):
        request[IDENTITY] = await request.app[MACHINES].identities.of(
            token, lambda name: note(request, actor=("worker", name))
        )
    elif not _is_shared(request, token):
        raise Unauthorized(message="Invalid worker token")


async def check_step_token(request: web.Request) -> None:
    """Raises `Unauthorized` unless the request bears the token of a worker, or of a step.

    Whether that step runs, and may have what it asks for, is for `check_grant`.
    """
    if step_grant(request) is None:
        await check_worker_token(request)


async def check_nobody(request: web.Request) -> None:
    """Lets everybody pass: the body of the request has the token."""


async def check_grant(request: web.Request, is_own: Callable[[StepGrant], bool] = lambda _: True) -> None:
    """Raises `Unauthorized` for a step that does not run any more, or asks for what is not its own."""
    grant = step_grant(request)
    if grant is None:
        return
    if not is_own(grant):
        raise Unauthorized(message="This token is for other files")
    attempt = ((grant.job_id, grant.step_id), grant.attempt)
    if not await request.app[SERVICES].inventory.running_among({attempt}):
        raise Unauthorized(message="The step of this token does not run")


def identity_of(request: web.Request) -> WorkerIdentity | None:
    """The identity of the worker that makes the request; None for one with the shared token."""
    return request.get(IDENTITY)


def step_grant(request: web.Request) -> StepGrant | None:
    """The grant in the token of a step, if the request bears one."""
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    token = header.partition(" ")[2].strip()
    if not token.startswith(PREFIX):
        return None
    shared = request.app[SETTINGS].worker_token
    secrets = (request.app[GRANT_SECRET], *([shared.encode()] if shared is not None else []))
    return next((grant for secret in secrets if (grant := grant_of(token, secret)) is not None), None)


def bears_worker_token(request: web.Request) -> bool:
    """Whether the request bears the token of a worker, as far as can be told without the database."""
    try:
        token = bearer_of(request)
    except Unauthorized:
        return False
    return token.startswith(WORKER_TOKEN) or _is_shared(request, token)


def bearer_of(request: web.Request) -> str:
    """The token in the header Authorization. Raises `Unauthorized`."""
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        raise Unauthorized(message="Missing authorization header")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthorized(message="Invalid authorization header format")
    return token.strip()


def _is_shared(request: web.Request, token: str) -> bool:
    shared = request.app[SETTINGS].worker_token
    return shared is not None and hmac.compare_digest(token.encode("utf-8", "surrogateescape"), shared.encode())
