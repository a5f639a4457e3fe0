"""The page to which a signed link leads: it shows an approval, and its form answers it."""

import urllib.parse
from collections.abc import Mapping, Sequence
from html import escape

import attrs
from aiohttp import web

from stroem.definitions.field import InputField
from stroem.engine.values.forms import form_of
from stroem.errors import Conflict, FieldError, Forbidden, InvalidInput, PlanUnreadable
from stroem.orchestrator.approval_links import InvalidLink, Link
from stroem.orchestrator.operations.approvals import Answer
from stroem.redaction.redactor import Redactor
from stroem.server.api.hooks.answers import stored_redactor
from stroem.server.api.jobs.approvals import decision_of
from stroem.server.http.audit.recording import note
from stroem.server.keys import SERVICES
from stroem.server.pages.form_fields import Sent, fields_html, values_of
from stroem.server.pages.html_page import html_page, message_page, shown
from stroem.store.jobs import jobs, waiting_steps
from stroem.store.jobs.waiting_steps import LinkedStep

_NAME_CHARS = 100
_NOTHING: Sent = {}


@attrs.frozen(kw_only=True)
class _Open:
    """An approval that can be answered."""

    link: Link
    row: LinkedStep
    path: str
    redactor: Redactor
    fields: Mapping[str, InputField]


async def show(request: web.Request, token: str) -> web.Response:
    """Shows the approval. It decides nothing: programs that look at links may ask for it."""
    found = await _found(request, token)
    return found if isinstance(found, web.Response) else _form(found)


async def decide(request: web.Request, token: str, body: bytes) -> web.Response:
    """Answers the approval with what the form sends."""
    found = await _found(request, token)
    if isinstance(found, web.Response):
        return found
    sent = _sent(body)
    decision = _text(sent, "decision")
    if decision not in ("approve", "reject"):
        return _form(found, sent, [FieldError(field="", message="Choose whether to approve or to reject.")])
    name = " ".join(_text(sent, "name").split())[:_NAME_CHARS]
    answer = Answer(
        approved=decision == "approve",
        actor=f"link ({name})" if name else "link",
        input=values_of(found.fields, sent) or None,
        text=_text(sent, "comment") or None,
    )
    step = f"{found.link.job_id}/{found.path}"
    note(request, object=("step", step), actor=("anonymous", answer.actor), after={"approved": answer.approved})
    try:
        await request.app[SERVICES].approvals.answer(found.link.job_id, found.path, answer)
    except InvalidInput as error:
        return _form(found, sent, error.fields)
    except Forbidden as error:
        return message_page("This approval needs you to sign in", f"{error}.", status=403)
    except Conflict:
        again = await _found(request, token)
        return again if isinstance(again, web.Response) else _form(again, sent)
    done = "approved" if answer.approved else "rejected"
    return message_page(f"You have {done} it", f"Step {found.path} of {found.row.task} is {done}.", status=200)


async def _found(request: web.Request, token: str) -> _Open | web.Response:
    """The approval of a link, or the page that says why it cannot be answered."""
    services = request.app[SERVICES]
    try:
        link = services.links.read(token)
    except InvalidLink as error:
        return message_page("This link is not valid", f"{error} Ask for a new one.", status=404)
    step_id = (link.job_id, link.step)
    async with services.database.read() as connection:
        row, job = await waiting_steps.linked_step(connection, step_id), await jobs.get_job(connection, link.job_id)
    if row is None or job is None:
        return message_page("This link is not valid", "Its job does not exist any more.", status=404)
    redactor = await stored_redactor(request.app, job)
    if row.status != "suspended" or row.waits_for != "approval":
        return _decided(row, redactor)
    async with services.database.read() as connection:
        if row.now >= link.expires_at:
            return message_page("This link has expired", "The step still waits. Ask for a new link.", status=410)
        try:
            path = (await services.names.names_of(connection, [step_id]))[step_id]
            node = (await services.plans.cached_jobs.plan(connection, link.job_id)).node(row.node)
        except PlanUnreadable as error:
            return message_page("This job cannot be read", str(error), status=409)
    return _Open(link=link, row=row, path=path, redactor=redactor, fields=form_of(node))


def _decided(row: LinkedStep, redactor: Redactor) -> web.Response:
    """The page for a step that waits no more, without secrets."""
    told = decision_of(row, redactor) or f"It is {row.status}."
    if row.status == "failed" and row.error:
        told = f"It has failed: {redactor.text(row.error)}"
    return message_page("This approval is decided", f"{told} A link works once.", status=410)


def _form(found: _Open, sent: Sent = _NOTHING, mistakes: Sequence[FieldError] = ()) -> web.Response:
    row = found.row
    given = row.input.get("message") if isinstance(row.input, Mapping) else None
    message = found.redactor.text(given) if isinstance(given, str) else ""
    listed = "".join(f"<li>{shown(_mistake(one))}</li>" for one in mistakes)
    until = min(found.link.expires_at, row.expires_at) if row.expires_at else found.link.expires_at
    body = (
        f"<p>Step <b>{shown(found.path)}</b> of task <b>{shown(row.task)}</b> in workspace "
        f"<b>{shown(row.workspace)}</b> waits, job {found.link.job_id}.</p>"
        f"<blockquote>{shown(message)}</blockquote>"
        + (f'<ul class="mistakes">{listed}</ul>' if mistakes else "")
        + f'<form method="post" autocomplete="off">{fields_html(found.fields, sent)}'
        + _line("name", "Your name", "", sent)
        + _line("comment", "Comment", "The reason, if you reject.", sent)
        + '<button name="decision" value="approve">Approve</button>'
        + '<button name="decision" value="reject">Reject</button></form>'
        + f"<p><small>This link works once, until {until.strftime('%Y-%m-%d %H:%M UTC')}.</small></p>"
    )
    return html_page("Approve?", body, status=400 if mistakes else 200)


def _mistake(error: FieldError) -> str:
    return f"{error.field.removeprefix('input.')} {error.message}".strip()


def _line(name: str, title: str, note: str, sent: Sent) -> str:
    told = f"<small>{shown(note)}</small>" if note else ""
    value = escape(_text(sent, name))
    return f'<label for="{name}">{title}{told}</label><input id="{name}" name="{name}" value="{value}">'


def _sent(body: bytes) -> Sent:
    """The values of a form; of text that is not valid, nothing."""
    try:
        given = urllib.parse.parse_qs(body.decode().replace("%00", ""), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return {}
    return {name: [text.replace("\0", "") for text in texts] for name, texts in given.items()}


def _text(sent: Sent, name: str) -> str:
    return (sent.get(name) or [""])[0].strip()
