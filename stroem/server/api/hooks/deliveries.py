"""Deliveries of webhooks: what became of their requests, again, and without effect."""

import datetime
import uuid
from typing import Any, Literal

import attrs
from aiohttp import web

from stroem.conversion.suggestions import missing
from stroem.definitions.values import Json
from stroem.errors import BadRequest, Conflict
from stroem.interfaces.triggers.http_trigger import HookRequest, HttpTrigger, Verdict
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.records.event import NewEvent
from stroem.server.api.lookup import current_definitions
from stroem.server.http.actor import actor_of
from stroem.server.http.paging import Paging
from stroem.server.keys import RECONCILER, SERVICES
from stroem.store.hooks import deliveries


@attrs.frozen(kw_only=True)
class DeliveryQuery(Paging):
    """Only deliveries with this verdict."""

    verdict: Verdict | None = None


@attrs.frozen(kw_only=True)
class HookDelivery:
    """A request to a webhook.

    `verdict`: `started` (a job, of `job_id`), `filtered` (by `if`), `duplicate` (of an earlier one with this `key`),
    `debounced`, `refused`, `rate_limited`, `answered` (without a job), `failed` (no job could be created), each with
    the `reason`. `can_redeliver` is true if what a redelivery needs was stored.
    """

    id: int
    at: datetime.datetime
    method: str
    remote: str
    size_bytes: int
    verdict: str
    reason: str | None
    key: str | None
    job_id: uuid.UUID | None
    redelivery_of: int | None
    actor: str | None
    can_redeliver: bool


@attrs.frozen(kw_only=True)
class HookDeliveries:
    """A page of deliveries, newest first. `has_more` is true if others follow."""

    items: tuple[HookDelivery, ...]
    has_more: bool


@attrs.frozen(kw_only=True)
class Redelivered:
    """The outcome of a redelivery."""

    verdict: str
    job_id: uuid.UUID | None
    reason: str | None


@attrs.frozen(kw_only=True)
class TestedRequest:
    """A request to try: `body` is its text."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = attrs.Factory(dict)
    query: dict[str, str] = attrs.Factory(dict)
    body: str = ""
    remote: str = "127.0.0.1"


@attrs.frozen(kw_only=True)
class TestedHook:
    """The predicted outcome of a request.

    `refused` is the reason if it is not authentic; the rest is then as if it were. `key` is that of the delivery,
    `duplicate_of` the job of an earlier one with it. `input` is without secrets. `answer` is that to a handshake.
    """

    verdict: str
    refused: str | None
    reason: str | None
    key: str | None
    duplicate_of: str | None
    debounce_key: str | None
    task: str | None
    input: dict[str, Json] | None
    answer: str | None
    warnings: tuple[str, ...]


async def list_deliveries(request: web.Request, workspace: str, trigger: str, query: DeliveryQuery) -> HookDeliveries:
    """The requests to a webhook, newest first, and what became of them."""
    _check_hook(request, workspace, trigger)
    limit, offset = query.clamped(request)
    async with request.app[SERVICES].database.read() as connection:
        rows = await deliveries.list_deliveries(connection, workspace, trigger, query.verdict, limit + 1, offset)
    return HookDeliveries(
        items=tuple(HookDelivery(**shared_fields(row)) for row in rows[:limit]), has_more=len(rows) > limit
    )


async def redeliver(request: web.Request, number: int) -> Redelivered:
    """Fires a recorded request again, with the trigger as it is now, whatever its id."""
    services, by = request.app[SERVICES], actor_of(request)
    fired = await services.hooks.redeliverer.redeliver(number, by)
    if fired.verdict == "failed":
        raise BadRequest(message=f"Delivery {number} starts no job: {fired.reason}")
    said = f"Delivery {number} of trigger {fired.request.trigger!r} is delivered again"
    event = NewEvent(kind="trigger_fired", workspace=fired.request.workspace, message=said, by=by, cause="person")
    async with services.database.begin() as connection:
        await request.app[RECONCILER].deps.record(connection, [event])
    return Redelivered(verdict=fired.verdict, job_id=fired.job_id, reason=fired.reason)


async def test(request: web.Request, workspace: str, trigger: str, body: TestedRequest) -> TestedHook:
    """Tells what a request to a webhook would do. Nothing starts, and nothing is recorded."""
    live = _check_hook(request, workspace, trigger)
    tried = HookRequest(
        method=body.method,
        headers={name.lower(): text for name, text in body.headers.items()},
        query=body.query,
        body=body.body.encode(errors="replace"),
        remote=body.remote,
        at=datetime.datetime.now(datetime.UTC),
    )
    found = await request.app[SERVICES].hooks.tester.test(live, tried)
    return TestedHook(**attrs.asdict(found, recurse=False))


def shared_fields(row: deliveries.DeliveryRow) -> dict[str, Any]:
    """The fields of a delivery, from its row."""
    return {field.name: getattr(row, field.name) for field in attrs.fields(HookDelivery)}


def _check_hook(request: web.Request, workspace: str, trigger: str) -> LiveTrigger:
    """The trigger, which must answer requests. Raises NotFound, Unavailable, Conflict."""
    defined = current_definitions(request.app, workspace).triggers
    if trigger not in defined:
        raise missing("Trigger", trigger, defined)
    live = request.app[SERVICES].triggers.live.get(workspace, trigger)
    if live is None or not isinstance(live.options, HttpTrigger):
        raise Conflict(message=f"Trigger {trigger!r} answers no requests; it is of type {defined[trigger].type}")
    return live
