"""Requests to hooks."""

import contextlib

from aiohttp import StreamReader, web

from stroem.errors import BadRequest, Forbidden, NotFound, StroemError, TooManyRequests, Unauthorized, Unavailable
from stroem.interfaces.triggers.http_trigger import HookRefused
from stroem.orchestrator.hooks.deliverer import Delivered, hook_of
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.server.api.hooks.answers import job_answer, plain_answer, reply_answer
from stroem.server.api.hooks.requests import hook_request
from stroem.server.http.admission import ANONYMOUS_BODIES
from stroem.server.http.disconnect_shield import shielded
from stroem.server.http.received_body import receive_body
from stroem.server.keys import SERVICES

_PUSHES = "_source"
"""In the place of a workspace, in the paths of push hooks."""
_SMALL_BYTES = 64 * 1024
"""Larger bodies keep their place in the admission limiter until their request is recorded."""


async def receive(request: web.Request, hook: str, body: StreamReader) -> web.Response:
    """A request to the webhook of this name; of several workspaces, to that which has had the name longest."""
    return await _receive(request, hook, workspace=None)


async def receive_for_workspace(request: web.Request, workspace: str, hook: str, body: StreamReader) -> web.Response:
    """A request to the webhook of this name of a workspace."""
    if workspace == _PUSHES:
        raise web.HTTPMethodNotAllowed(request.method, ["POST"])
    return await _receive(request, hook, workspace=workspace)


async def _receive(request: web.Request, name: str, *, workspace: str | None) -> web.Response:
    hooks = request.app[SERVICES].hooks
    live = await hooks.finder.find(name, workspace)
    delivered = await _delivered(request, live)
    if delivered.reply is not None:
        return reply_answer(delivered.reply)
    _check(delivered)
    wait_secs = hook_of(delivered.live).wait_secs
    if wait_secs is None or delivered.job_id is None:
        return plain_answer(delivered)
    await request.app[SERVICES].canceller.wait_for_end(delivered.job_id, wait_secs)
    return await job_answer(request.app, delivered, delivered.job_id)


async def _delivered(request: web.Request, live: LiveTrigger) -> Delivered:
    """The request delivered; a client that disconnects does not end that."""
    deliverer = request.app[SERVICES].hooks.deliverer
    head = hook_request(request)
    try:
        hook_of(live).check_head(head)
    except HookRefused as error:
        return await deliverer.refuse(live, head, error)
    with contextlib.ExitStack() as slots:
        body = await receive_body(request, "hook", ANONYMOUS_BODIES, slots)
        if len(body) <= _SMALL_BYTES:
            slots.close()
        return await shielded(request.app, deliverer.deliver(live, hook_request(request, body)))


def _check(delivered: Delivered) -> None:
    """Raises the error of a request that was not accepted."""
    if delivered.refused is not None:
        raise refusal(delivered.refused)
    if delivered.verdict == "rate_limited":
        message = f"This webhook takes {hook_of(delivered.live).rate}; try again in {delivered.retry_after} s"
        raise TooManyRequests(message=message, retry_after=delivered.retry_after)
    if delivered.verdict == "failed":
        raise BadRequest(message=f"The request started no job: {delivered.reason}")
    if delivered.verdict == "refused":
        if "paused" in (delivered.reason or ""):
            raise Unavailable(message="The webhook is paused", retry_after=60)
        raise NotFound(kind="Webhook", name=hook_of(delivered.live).hook_name)


def refusal(refused: HookRefused) -> StroemError:
    """The error of a request that is not authentic."""
    kinds: dict[int, type[StroemError]] = {400: BadRequest, 403: Forbidden}
    return kinds.get(refused.status, Unauthorized)(message=refused.told)
