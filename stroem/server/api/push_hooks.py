"""Webhooks of git hosts."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import attrs
from aiohttp import web

from stroem.errors import BadRequest, Unauthorized
from stroem.interfaces.push_hook import PushRefused, PushRequest, PushUnreadable
from stroem.server.keys import ANNOUNCEMENTS, PUSH_HOOKS

LOGGER = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class PushAnswer:
    """The workspaces and libraries that are polled now, and the number of moved refs."""

    workspaces: tuple[str, ...]
    libraries: tuple[str, ...]
    pushes: int


async def receive(request: web.Request, key: str, body: bytes) -> PushAnswer:
    """Receives a webhook, and polls the workspaces and libraries that it concerns."""
    return await _receive(request, key, body, workspace=None)


async def receive_for_one(request: web.Request, key: str, workspace: str, body: bytes) -> PushAnswer:
    """Receives a webhook for one workspace."""
    return await _receive(request, key, body, workspace=workspace)


def check_head(request: web.Request) -> None:
    """Checks a webhook before its body is received. Raises `Unauthorized`, `NotFound`."""
    key = request.match_info["key"]
    hook = request.app[PUSH_HOOKS].get(key)
    with _translated_errors(key):
        if check := getattr(hook, "check_head", None):  # a plugin may have none
            check(_push_request(request, b""))


async def _receive(request: web.Request, key: str, body: bytes, *, workspace: str | None) -> PushAnswer:
    hook = request.app[PUSH_HOOKS].get(key)
    with _translated_errors(key):
        pushes = await asyncio.to_thread(hook.read, _push_request(request, body))
    announced = await request.app[ANNOUNCEMENTS].announce(pushes, by=key, workspace=workspace)
    return PushAnswer(workspaces=announced.workspaces, libraries=announced.libraries, pushes=len(pushes))


def _push_request(request: web.Request, body: bytes) -> PushRequest:
    headers = {name.lower(): request.headers[name] for name in request.headers}
    query = {name: request.query[name] for name in request.query}
    return PushRequest(headers=headers, query=query, body=body)


@contextlib.contextmanager
def _translated_errors(key: str) -> Iterator[None]:
    """Translates the errors of a push hook."""
    try:
        yield
    except PushRefused as error:
        LOGGER.info("a request to push hook %s was refused: %s", key, error)
        raise Unauthorized(message=f"Push hook {key!r}: {error}") from None
    except PushUnreadable as error:
        raise BadRequest(message=f"Push hook {key!r}: {error}") from None
