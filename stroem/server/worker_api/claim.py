"""The exchange of a worker: outcomes and log lines in, claims of steps out."""

import asyncio

import attrs
from aiohttp import web

from stroem.conversion.constraints import Utf8
from stroem.orchestrator.jobs.exchange import Exchange
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeAnswer, ExchangeRequest
from stroem.protocol.step_paths import attempt_name
from stroem.protocol.steps import LogLines
from stroem.server.http.disconnect_shield import shielded
from stroem.server.http.paging import clamp
from stroem.server.http.responses import json_response
from stroem.server.keys import REGISTRY, SERVICES
from stroem.server.worker_api.abilities import checked_abilities, checked_resources
from stroem.server.worker_api.auth import identity_of
from stroem.server.worker_api.step_log import REPLACEMENT, check_line_count

_LONGEST_WAIT_SECS = 30
_MOST_STEPS = 1000
_NOT_PLAIN = frozenset(
    {
        "attempt",
        "log_chunk",
        "adopted",
        "stdout_bytes",
        "stderr_bytes",
        "step_id",
        "claimed_at",
        "artifacts",
        "volume",
        "local",
        "grant",
        "api_token",
    }
)
"""Keys of a claim that the older contract does not have."""


async def claim(request: web.Request, body: ExchangeRequest) -> web.Response:
    """Records outcomes and log lines of a worker and hands it steps. May wait until there is one."""
    exchange = request.app[SERVICES].exchange
    answer = await _answer(request, _checked(request, body))
    is_plain = body.max_steps is None
    try:
        return _encoded(answer, is_plain)
    except Exception:
        steps = await _encodable(answer, is_plain, exchange, body)
    return _encoded(attrs.evolve(answer, steps=steps), is_plain)


async def _encodable(
    answer: ExchangeAnswer, is_plain: bool, exchange: Exchange, body: ExchangeRequest
) -> tuple[Claim, ...]:
    """The steps that can be written as JSON; the others fail."""
    able = []
    for step in answer.steps or ():
        try:
            _encoded(ExchangeAnswer(steps=(step,)), is_plain)
        except Exception as error:
            await exchange.refuse(body.worker_id, step, error)
        else:
            able.append(step)
    return tuple(able)


def _encoded(answer: ExchangeAnswer, is_plain: bool) -> web.Response:
    """The response; workers of the older contract find one step at the top of it."""
    if is_plain:
        answer = _plain(answer.steps[0]) if answer.steps else ExchangeAnswer()
    return json_response(answer, ExchangeAnswer)


def _plain(claim: Claim) -> ExchangeAnswer:
    """A claim for a worker of the older contract: its attempt is part of the name."""
    fields = attrs.asdict(claim, recurse=False)
    fields["step_name"] = attempt_name(claim.step_name, claim.attempt)
    return ExchangeAnswer(**{name: value for name, value in fields.items() if name not in _NOT_PLAIN})


async def _answer(request: web.Request, body: ExchangeRequest) -> ExchangeAnswer:
    """The answer. What the worker delivers is recorded even if it disconnects; its request then stops waiting."""
    services, identity = request.app[SERVICES], identity_of(request)
    workspaces = () if identity is None else identity.workspaces
    try:
        return await shielded(request.app, services.exchange.run(body, workspaces))
    except asyncio.CancelledError:
        services.notifier.release_worker(body.worker_id)
        raise


def _checked(request: web.Request, body: ExchangeRequest) -> ExchangeRequest:
    """The request with checked abilities and lines, and its bounds. Raises `BadRequest`."""
    is_plain = body.max_steps is None
    abilities = checked_abilities(
        body.capabilities, body.tags, request.app[REGISTRY], body.languages, may_be_none=not is_plain
    )
    checked_resources(body.resources)
    return attrs.evolve(
        body,
        capabilities=abilities.capabilities,
        tags=abilities.tags,
        max_steps=1 if body.max_steps is None else clamp(body.max_steps, 0, _MOST_STEPS),
        wait_secs=0 if is_plain else max(0, min(body.wait_secs, _LONGEST_WAIT_SECS)),
        logs=tuple([_checked_lines(lines) for lines in body.logs]),
    )


def _checked_lines(lines: LogLines) -> LogLines:
    check_line_count(lines.data, lines.lines)
    if lines.data.find(b"\0") < 0:
        return lines
    return attrs.evolve(lines, data=Utf8(lines.data.replace(b"\0", REPLACEMENT)))
