"""One delivery of a webhook: its request, as far as it was stored, and its answer."""

from collections.abc import Iterable, Mapping
from typing import Literal

import attrs
from aiohttp import web

from stroem.definitions.values import Json
from stroem.errors import NotFound
from stroem.interfaces.triggers.http_trigger import HttpTrigger
from stroem.orchestrator.hooks.delivery_fires import opened_fire
from stroem.redaction.definition_secrets import sounds_secret
from stroem.redaction.redactor import MARKER, Redactor, Withholder
from stroem.secrets.envelope import CannotOpen
from stroem.server.api.hooks.answers import HookAnswer, accepted, stored_redactor
from stroem.server.api.hooks.deliveries import HookDelivery, shared_fields
from stroem.server.keys import CATALOG, SERVICES
from stroem.store.hooks import deliveries
from stroem.store.hooks.deliveries import DeliveryRow
from stroem.store.jobs import jobs

_NOT_TEXT = "\ufffd"
"""In stored texts, in the place of bytes that are no text."""


@attrs.frozen(kw_only=True)
class DeliveredRequest:
    """A request without its secrets.

    `body_kind`: `json` and `form` are shown as values, `text` as a text; `binary` is not shown, `none` is no body.
    """

    headers: dict[str, str]
    query: dict[str, str]
    body_kind: Literal["json", "form", "text", "binary", "none"]
    body: Json


@attrs.frozen(kw_only=True)
class GivenAnswer:
    """The answer to a request that did not wait for its job. `body` is that of an accepted one."""

    status: int
    body: HookAnswer | None


@attrs.frozen(kw_only=True)
class DeliveryDetail(HookDelivery):
    """A request to a webhook, with its content, and the answer as its trigger gives it now.

    Without `request`, `not_shown` is the reason. `answer` is null if it came from the job, or if its status was not
    recorded. `waits_for_job`: the trigger answers with the output of the job.
    """

    workspace: str
    trigger: str
    request: DeliveredRequest | None
    not_shown: str | None
    answer: GivenAnswer | None
    waits_for_job: bool


async def get(request: web.Request, number: int) -> DeliveryDetail:
    """A request to a webhook, and its answer."""
    async with request.app[SERVICES].database.read() as connection:
        found = await deliveries.get_delivery(connection, number)
        if found is None:
            raise NotFound(kind="Delivery", name=str(number))
        row, stored = found
        owner = row
        job = None if row.job_id is None else await jobs.get_job(connection, row.job_id)
        if row.redelivery_of is not None:
            first = await deliveries.get_delivery(connection, row.redelivery_of)
            owner, stored = (row, None) if first is None else first
    fault: str | None = None
    try:
        stored = opened_fire(request.app[SERVICES].secrets.rows, owner, stored)
    except CannotOpen as error:
        stored, fault = None, f"It cannot be decrypted: {error}"
    sent = _sent(stored, await _redactor(request.app, row, job)) if isinstance(stored, Mapping) else None
    live = request.app[SERVICES].triggers.live.get(row.workspace, row.trigger)
    waits = live is not None and isinstance(live.options, HttpTrigger) and live.options.wait_secs is not None
    return DeliveryDetail(
        **shared_fields(row),
        workspace=row.workspace,
        trigger=row.trigger,
        request=sent,
        not_shown=None if sent is not None else fault or _reason(row),
        answer=_answer(request.app, row, waits),
        waits_for_job=waits,
    )


async def _redactor(app: web.Application, row: DeliveryRow, job: jobs.JobRow | None) -> Redactor:
    if job is not None:
        return await stored_redactor(app, job)
    if row.job_id is not None:
        return Withholder()  # its secrets are gone with the job
    current = app[CATALOG].get(row.workspace)
    return Redactor([current.definitions.secrets] if current is not None and current.definitions is not None else [])


def _sent(stored: Mapping[str, Json], redactor: Redactor) -> DeliveredRequest:
    context = stored["context"]
    assert isinstance(context, Mapping)
    headers = _texts(context.get("headers"), redactor)
    body = context.get("body")
    kind = _kind(body, headers.get("content-type", "").lower())
    return DeliveredRequest(
        headers=headers,
        query=_texts(context.get("query"), redactor),
        body_kind=kind,
        body=None if kind == "binary" else redactor.value(body),
    )


def _kind(body: Json, content_type: str) -> Literal["json", "form", "text", "binary", "none"]:
    if body is None:
        return "none"
    if isinstance(body, str):
        return "binary" if _NOT_TEXT in body else "text"
    return "form" if "form" in content_type else "json"


def _texts(texts: Json, redactor: Redactor) -> dict[str, str]:
    pairs: Iterable[tuple[str, Json]] = texts.items() if isinstance(texts, Mapping) else ()
    return {redactor.text(name): MARKER if sounds_secret(name) else redactor.text(str(text)) for name, text in pairs}


def _reason(row: DeliveryRow) -> str:
    if row.redelivery_of is not None:
        return f"Delivery {row.redelivery_of}, which it repeats, is no longer kept"
    if row.verdict in ("started", "filtered", "failed"):
        return "It is larger than 256 KiB, or has files"
    return "Only requests that start a job, are filtered or fail are stored"


def _answer(app: web.Application, row: DeliveryRow, waits: bool) -> GivenAnswer | None:
    live = app[SERVICES].triggers.live.get(row.workspace, row.trigger)
    if row.redelivery_of is not None or live is None or not isinstance(live.options, HttpTrigger):
        return None
    if row.verdict in ("rate_limited", "failed"):
        return GivenAnswer(status=429 if row.verdict == "rate_limited" else 400, body=None)
    if row.verdict in ("refused", "answered") or (waits and row.job_id is not None):
        return None
    status, body = accepted(live, row.verdict, row.job_id, row.reason)
    return GivenAnswer(status=status, body=body)
