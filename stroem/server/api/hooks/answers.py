"""Answers to requests to hooks."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

import attrs
import orjson
from aiohttp import hdrs, web

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.errors import NotFound, PlanUnreadable
from stroem.interfaces.triggers.http_trigger import HookReply, Respond
from stroem.orchestrator.hooks.deliverer import Delivered, hook_of
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.triggers.live_triggers import LiveTrigger
from stroem.redaction.redactor import Redactor, Withholder
from stroem.server.api.jobs.job_redactor import redactor_of
from stroem.server.api.jobs.outputs import shown_output
from stroem.server.http.responses import json_response
from stroem.server.keys import SERVICES
from stroem.store.jobs import jobs
from stroem.store.jobs.jobs import TERMINAL, JobRow
from stroem.templating.template import render, text_of

_NO_STORE = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""The name of a header (RFC 9110, section 5.1)."""
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "trailer", "upgrade"})


@attrs.frozen(kw_only=True)
class HookAnswer:
    """The answer to a request. `trigger` is the name in the path.

    `verdict` says why there is no new job; `duplicate` is true if an earlier request had the same id. With `status`,
    the request has waited for the job.
    """

    job_id: uuid.UUID | None
    trigger: str
    task: str
    status: str | None = attrs.field(default=None, metadata=ABSENT)
    output: Json = attrs.field(default=None, metadata=ABSENT)
    verdict: str | None = attrs.field(default=None, metadata=ABSENT)
    reason: str | None = attrs.field(default=None, metadata=ABSENT)
    duplicate: bool = attrs.field(default=False, metadata=ABSENT)


def plain_answer(delivered: Delivered) -> web.Response:
    """The answer without waiting for a job."""
    status, answer = accepted(delivered.live, delivered.verdict, delivered.job_id, delivered.reason)
    return _sent(json_response(answer, HookAnswer, status=status))


def accepted(live: LiveTrigger, verdict: str, job_id: uuid.UUID | None, reason: str | None) -> tuple[int, HookAnswer]:
    """The status and the content of the answer to an accepted request that does not wait for its job."""
    answer = HookAnswer(
        job_id=job_id,
        trigger=hook_of(live).hook_name,
        task=live.trigger.target,
        verdict=None if job_id is not None else verdict,
        reason=None if job_id is not None else reason,
        duplicate=verdict == "duplicate",
    )
    return (202 if verdict == "debounced" else 200), answer


async def job_answer(app: web.Application, delivered: Delivered, job_id: uuid.UUID) -> web.Response:
    """The answer after the wait for a job: 202 if it has not ended."""
    async with app[SERVICES].database.read() as connection:
        job = await jobs.get_job(connection, job_id)
    if job is None:
        raise NotFound(kind="Job", name=job_id)
    hook = hook_of(delivered.live)
    output = await masked_output(app, job)
    if hook.response is not None and job.status in TERMINAL:
        return await _responded(hook.response, job, output, delivered)
    answer = HookAnswer(
        job_id=job.id,
        trigger=hook.hook_name,
        task=delivered.live.trigger.target,
        status=job.status if job.status in TERMINAL else "running",
        output=output,
        duplicate=delivered.verdict == "duplicate",
    )
    return _sent(json_response(answer, HookAnswer, status=200 if job.status in TERMINAL else 202))


def reply_answer(reply: HookReply) -> web.Response:
    """The answer to a handshake."""
    return _sent(web.Response(status=reply.status, body=reply.body, content_type=reply.content_type))


async def masked_output(app: web.Application, job: JobRow) -> Json:
    """The output of a job without secrets."""
    if job.output is None:
        return None
    return shown_output(job.output, await stored_redactor(app, job), job.id)


async def stored_redactor(app: web.Application, job: JobRow) -> Redactor:
    """The redactor of a job's secrets; it withholds everything if the plan of the job cannot be read."""
    try:
        async with app[SERVICES].database.read() as connection:
            plan = await app[SERVICES].plans.cached_jobs.plan(connection, job.id)
    except PlanUnreadable:
        return Withholder()
    return await redactor_of(app, job, plan)


async def _responded(respond: Respond, job: JobRow, output: Json, delivered: Delivered) -> web.Response:
    """The answer of the trigger's templates. Raises TemplateFailed."""
    fire = delivered.fire
    context: dict[str, Any] = dict(fire.context) if fire is not None else {}
    context |= {"output": output, "status": job.status, "job_id": str(job.id)}
    written = {"status": respond.status, "headers": dict(respond.headers), "body": respond.body}
    rendered = await Renderer().render(lambda budget: render(written, context, budget=budget))
    assert isinstance(rendered, Mapping)
    body, headers = rendered["body"], rendered["headers"]
    assert isinstance(headers, Mapping)
    is_text = isinstance(body, str)
    response = web.Response(
        status=_status(rendered["status"]),
        body=b"" if body is None else str(body).encode() if is_text else orjson.dumps(body),
        content_type="text/plain" if is_text else "application/json",
        charset="utf-8" if is_text else None,
    )
    for name, value in headers.items():
        if name.lower() not in _FRAMING and _TOKEN.fullmatch(name):
            response.headers[_one_line(name)] = _one_line(text_of(value))
    return _sent(response)


def _status(value: Json) -> int:
    """A status of an answer; 500 for what is none."""
    text = text_of(value).strip()
    return int(text) if len(text) == 3 and text.isascii() and text.isdigit() and "200" <= text <= "599" else 500


def _one_line(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def _sent(response: web.Response) -> web.Response:
    for name, value in _NO_STORE.items():
        response.headers.setdefault(name, value)
    return response
