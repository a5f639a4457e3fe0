"""Pushes that git hosts announce."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import attrs
from aiohttp import web

from stroem.errors import BadRequest, Unauthorized
from stroem.interfaces.push_hook import PushRefused, PushRequest, PushUnreadable
from stroem.server.keys import CONFIGURED, PUSH_HOOKS

LOGGER = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class PushAnswer:
    """Which workspaces and libraries are looked at now, and how many refs moved."""

    workspaces: tuple[str, ...]
    libraries: tuple[str, ...]
    pushes: int


async def receive(request: web.Request, key: str, body: bytes) -> PushAnswer:
    """Takes the request of a git host and looks at once at the workspaces and libraries that it concerns."""
    return await _receive(request, key, body, workspace=None)


async def receive_for_one(request: web.Request, key: str, workspace: str, body: bytes) -> PushAnswer:
    """The same for one workspace alone."""
    return await _receive(request, key, body, workspace=workspace)


def check_head(request: web.Request) -> None:
    """Refuses what the head of a request condemns. Raises `Unauthorized`, `NotFound`."""
    key = request.match_info["key"]
    hook = request.app[PUSH_HOOKS].get(key)
    with _told(key):
        if check := getattr(hook, "check_head", None):  # a plugin may have none
            check(_push_request(request, b""))


async def _receive(request: web.Request, key: str, body: bytes, *, workspace: str | None) -> PushAnswer:
    hook = request.app[PUSH_HOOKS].get(key)
    with _told(key):
        pushes = await asyncio.to_thread(hook.read, _push_request(request, body))
    announced = await request.app[CONFIGURED].announce(pushes, by=key, workspace=workspace)
    return PushAnswer(workspaces=announced.workspaces, libraries=announced.libraries, pushes=len(pushes))


def _push_request(request: web.Request, body: bytes) -> PushRequest:
    headers = {name.lower(): request.headers[name] for name in request.headers}
    query = {name: request.query[name] for name in request.query}
    return PushRequest(headers=headers, query=query, body=body)


@contextlib.contextmanager
def _told(key: str) -> Iterator[None]:
    """Turns what a push hook raises into an answer."""
    try:
        yield
    except PushRefused as error:
        LOGGER.info("a request to push hook %s was refused: %s", key, error)
        raise Unauthorized(message=f"Push hook {key!r}: {error}") from None
    except PushUnreadable as error:
        raise BadRequest(message=f"Push hook {key!r}: {error}") from None
