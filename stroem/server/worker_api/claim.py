"""The journey of a worker: it tells what it has done and asks for more."""

import asyncio
import uuid

import attrs
from aiohttp import web

from stroem.conversion.constraints import Count32, Int32
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.orchestrator.exchange import Exchange, ExchangeAnswer, HeldStep, Lines, Outcome
from stroem.orchestrator.jobs.claimer import Asker, Offer
from stroem.orchestrator.jobs.exchange import Dispatcher
from stroem.server.http.paging import clamp
from stroem.server.http.responses import json_response
from stroem.server.http.shielded import shielded
from stroem.server.keys import REGISTRY, SERVICES
from stroem.server.worker_api.abilities import checked_abilities
from stroem.server.worker_api.claim_object import Claim, claim_object
from stroem.server.worker_api.heartbeat import StepName, step_names
from stroem.server.worker_api.step_log import check_lines

_LONGEST_WAIT_SECS = 30
_MOST_STEPS = 1000


@attrs.frozen(kw_only=True)
class OutcomeBody:
    """How a step has ended. It failed when `exit_code` is not 0 or there is an `error`."""

    job_id: uuid.UUID
    step_name: str
    attempt: Int32
    exit_code: int | None = None
    output: Json = None
    error: str | None = None
    cancelled: bool = False
    timed_out: bool = False


@attrs.frozen(kw_only=True)
class LogBody:
    """A run of log lines: `data` is JSONL of `lines` lines, `chunk` counts from 0 in each attempt of a step."""

    job_id: uuid.UUID
    step_name: str
    attempt: Int32
    chunk: Count32
    lines: Count32
    data: str


@attrs.frozen(kw_only=True)
class HeldBody:
    """A step that the worker has."""

    job_id: uuid.UUID
    step_name: str
    attempt: Int32


@attrs.frozen(kw_only=True)
class ClaimBody:
    """What a worker asks for. With `max_steps` it asks for several steps at once and waits for them up to
    `wait_secs` (30 at most), unless it brings news: `outcomes` and `logs`. With `holding` it names all the
    steps that it has, and is given again those that it should have.
    """

    worker_id: uuid.UUID
    capabilities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclusive: bool = False
    max_steps: int | None = None
    wait_secs: float = 0
    outcomes: tuple[OutcomeBody, ...] = ()
    logs: tuple[LogBody, ...] = ()
    holding: tuple[HeldBody, ...] | None = None


@attrs.frozen(kw_only=True)
class ClaimAnswer:
    """A step to run, all null when there is none. Who asked with `max_steps` finds steps under `steps`, and
    under `cancel` those of its own that are to end.
    """

    workspace: str | None = None
    job_id: uuid.UUID | None = None
    task_name: str | None = None
    step_name: str | None = None
    action_name: str | None = None
    action_type: str | None = None
    action_image: str | None = None
    action_spec: dict[str, Json] | None = None
    input: dict[str, Json] | None = None
    runner: str | None = None
    timeout_secs: int | None = attrs.field(default=None, metadata=ABSENT)
    revision: str | None = attrs.field(default=None, metadata=ABSENT)
    steps: tuple[Claim, ...] | None = attrs.field(default=None, metadata=ABSENT)
    cancel: tuple[StepName, ...] | None = attrs.field(default=None, metadata=ABSENT)
    lease_secs: int | None = attrs.field(default=None, metadata=ABSENT)


async def claim(request: web.Request, body: ClaimBody) -> web.Response:
    """Keeps what a worker tells and hands it steps. May wait until there is one."""
    exchange = _exchange(request, body)
    answer = await _held(request, exchange)
    dispatcher = request.app[SERVICES].dispatcher
    try:
        return _encoded(answer, body, dispatcher.lease_secs)
    except Exception:
        able = await _able_to_travel(answer, body, dispatcher)
    return _encoded(attrs.evolve(answer, offers=able), body, dispatcher.lease_secs)


async def _able_to_travel(answer: ExchangeAnswer, body: ClaimBody, dispatcher: Dispatcher) -> tuple[Offer, ...]:
    """The steps that can be written as JSON; the others fail."""
    able = []
    for offer in answer.offers:
        try:
            _encoded(ExchangeAnswer(offers=(offer,)), body, dispatcher.lease_secs)
        except Exception as error:
            await dispatcher.refuse(body.worker_id, offer, error)
        else:
            able.append(offer)
    return tuple(able)


def _encoded(answer: ExchangeAnswer, body: ClaimBody, lease_secs: int) -> web.Response:
    if body.max_steps is not None:
        found = ClaimAnswer(
            steps=tuple(claim_object(offer) for offer in answer.offers),
            cancel=step_names(answer.cancel),
            lease_secs=lease_secs,
        )
    elif not answer.offers:
        found = ClaimAnswer()
    else:
        fields = attrs.asdict(claim_object(answer.offers[0]), recurse=False)
        found = ClaimAnswer(**{name: value for name, value in fields.items() if name not in ("attempt", "log_chunk")})
    return json_response(found, ClaimAnswer)


async def _held(request: web.Request, exchange: Exchange) -> ExchangeAnswer:
    """The answer. What the worker tells is kept even if it is gone; its request is not held then."""
    services = request.app[SERVICES]
    try:
        return await shielded(request.app, services.dispatcher.exchange(exchange))
    except asyncio.CancelledError:
        services.notifier.release_worker(exchange.asker.worker_id)
        raise


def _exchange(request: web.Request, body: ClaimBody) -> Exchange:
    abilities = checked_abilities(body.capabilities, body.tags, request.app[REGISTRY])
    most = 1 if body.max_steps is None else clamp(body.max_steps, 0, _MOST_STEPS)
    return Exchange(
        asker=Asker(
            worker_id=body.worker_id,
            capabilities=abilities.capabilities,
            tags=abilities.tags,
            exclusive=body.exclusive,
        ),
        max_steps=most,
        wait_secs=0 if body.max_steps is None else max(0, min(body.wait_secs, _LONGEST_WAIT_SECS)),
        outcomes=tuple(_outcome(one) for one in body.outcomes),
        lines=tuple(_lines(one) for one in body.logs),
        holding=None if body.holding is None else tuple(_held_step(one) for one in body.holding),
    )


def _outcome(body: OutcomeBody) -> Outcome:
    return Outcome(
        job_id=body.job_id,
        step=body.step_name,
        attempt=body.attempt,
        exit_code=body.exit_code,
        output=body.output,
        error=body.error,
        cancelled=body.cancelled,
    )


def _lines(body: LogBody) -> Lines:
    data = body.data.replace("\0", "\ufffd").encode(errors="replace")
    check_lines(data, body.lines)
    return Lines(
        job_id=body.job_id,
        step=body.step_name,
        attempt=body.attempt,
        chunk=body.chunk,
        lines=body.lines,
        data=data,
    )


def _held_step(body: HeldBody) -> HeldStep:
    return HeldStep(job_id=body.job_id, step=body.step_name, attempt=body.attempt)
