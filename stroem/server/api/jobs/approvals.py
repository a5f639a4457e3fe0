"""Steps that wait for an approval, and answers to them."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Annotated, Literal

import attrs
from aiohttp import web

from stroem.conversion.constraints import Line
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.approvers import Approvers, Excluded
from stroem.definitions.values import Json
from stroem.engine.values.approval_terms import InvalidTerms, Terms, read_terms
from stroem.engine.values.forms import form_of
from stroem.engine.values.state import APPROVAL
from stroem.errors import Conflict, PlanUnreadable
from stroem.orchestrator.operations.approval_people import people_of
from stroem.orchestrator.operations.approvals import Answer
from stroem.records.principal import ANONYMOUS
from stroem.redaction.redactor import Redactor
from stroem.rights.approvers import People, refusal
from stroem.server.api.fields import TaskField, shown_fields
from stroem.server.api.hooks.answers import stored_redactor
from stroem.server.api.rights.live_rights import reach_for
from stroem.server.http.actor import actor_of, principal_of
from stroem.server.http.audit.recording import note
from stroem.server.http.paging import Paging
from stroem.server.keys import SERVICES
from stroem.store.jobs import history, jobs, waiting_steps
from stroem.store.jobs.waiting_steps import LinkedStep, WaitingApproval
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class Decision:
    """An answer to a step. An approval may have `input`, the values of the form, and a `comment`."""

    approved: bool
    input: dict[str, Json] | None = None
    rejection_reason: str | None = None
    comment: str | None = None


@attrs.frozen(kw_only=True)
class Decided:
    """The recorded answer, with warnings about it. `waiting`: the step waits for the approval of others too."""

    status: Literal["approved", "rejected", "waiting"]
    warnings: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class ApprovalsQuery(Paging):
    """A page of the steps that wait for an approval, of all workspaces or one."""

    workspace: Annotated[str, Line()] | None = None


@attrs.frozen(kw_only=True)
class GivenApproval:
    """An approval of one person, of several that a step needs."""

    by: str
    at: str | None
    comment: str | None


@attrs.frozen(kw_only=True)
class ApprovalTerms:
    """Who may answer, and how many must approve. Without `approvers`, whoever has the right to answer approvals.

    `four_eyes` are those who may not approve: who has started the job, and the author of its commit. `refusal` is the
    reason for which you may not approve.
    """

    approvers: Approvers | None
    quorum: int
    four_eyes: tuple[Excluded, ...]
    given: tuple[GivenApproval, ...]
    refusal: str | None


@attrs.frozen(kw_only=True)
class ApprovalItem:
    """A step that waits for an approval, until `expires_at` if that is given."""

    job_id: uuid.UUID
    workspace: str
    task_name: str
    step_name: str
    approval_message: str | None
    approval_fields: dict[str, TaskField]
    suspended_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    reminders_sent: int
    terms: ApprovalTerms


@attrs.frozen(kw_only=True)
class ApprovalsPage:
    """A page of steps that wait for an approval, and their total number."""

    items: tuple[ApprovalItem, ...]
    total: int


async def answer(request: web.Request, job_id: uuid.UUID, step: str, body: Decision) -> Decided:
    """Approves or rejects a step that waits for it; the first answer counts."""
    given = Answer(
        approved=body.approved,
        actor=actor_of(request),
        who=principal_of(request),
        input=body.input,
        text=body.comment if body.approved else body.rejection_reason or body.comment,
    )
    note(request, after={"approved": body.approved})
    try:
        answered = await request.app[SERVICES].approvals.answer(job_id, step, given)
    except Conflict:
        if told := await _decision(request.app, job_id, step):
            raise Conflict(message=f"Step {step!r} is decided: {told}") from None
        raise
    status: Literal["approved", "rejected", "waiting"] = "approved" if body.approved else "rejected"
    return Decided(status=status if answered.is_decided else "waiting", warnings=answered.warnings or None)


def decision_of(row: LinkedStep, redactor: Redactor) -> str | None:
    """The decision on an approval step, without secrets; None before there is one."""
    output = row.output if isinstance(row.output, Mapping) else {}
    for word in ("approved", "rejected"):
        if by := output.get(f"{word}_by"):
            return f"It was {word} by {redactor.text(str(by))} at {output.get(f'{word}_at')}."
    return None


async def _decision(app: web.Application, job_id: uuid.UUID, step: str) -> str | None:
    """The decision on an approval step, read from its row and its history; None before there is one."""
    services = app[SERVICES]
    async with services.database.read() as connection:
        found = await services.names.find(connection, [(job_id, step)])
        step_id, job = found.get((job_id, step)), await jobs.get_job(connection, job_id)
        row = None if step_id is None else await waiting_steps.linked_step(connection, step_id)
        if row is None or job is None or step_id is None or row.status == "suspended":
            return None
        if (await services.plans.cached_jobs.plan(connection, job_id)).node(row.node).kind != APPROVAL:
            return None
        answers = await history.answers(connection, step_id)
    redactor = await stored_redactor(app, job)
    if (told := decision_of(row, redactor)) is None and answers:
        at, by = answers[-1]
        told = f"It was rejected by {redactor.text(by or 'anonymous')} at {at.isoformat()}."
    return told


async def list_approvals(request: web.Request, query: ApprovalsQuery) -> ApprovalsPage:
    """The steps that wait for an approval, newest first."""
    limit, offset = query.clamped(request)
    services = request.app[SERVICES]
    async with services.database.read() as connection:
        rows, total = await waiting_steps.list_approvals(
            connection, workspace=query.workspace, limit=limit, offset=offset, reach=reach_for(request, "job.read")
        )
        people = await people_of(connection, {row.job_id for row in rows})
        items = [await _item(request, connection, row, people[row.job_id]) for row in rows]
    return ApprovalsPage(items=tuple(one for one in items if one is not None), total=total)


async def _item(
    request: web.Request, connection: Connection, row: WaitingApproval, people: People
) -> ApprovalItem | None:
    """A step with its name and form, which its job's plan has; None if that cannot be read."""
    services, step_id = request.app[SERVICES], (row.job_id, row.step)
    try:
        terms = read_terms(row.input)
        names = await services.names.names_of(connection, [step_id])
        node = (await services.plans.cached_jobs.plan(connection, row.job_id)).node(row.node)
    except (PlanUnreadable, InvalidTerms):
        return None
    message = row.input.get("message") if isinstance(row.input, dict) else None
    return ApprovalItem(
        job_id=row.job_id,
        workspace=row.workspace,
        task_name=row.task,
        step_name=names[step_id],
        approval_message=message if isinstance(message, str) else None,
        approval_fields=shown_fields(form_of(node)),
        suspended_at=row.suspended_at,
        expires_at=row.expires_at,
        reminders_sent=row.reminded,
        terms=ApprovalTerms(
            approvers=terms.approvers,
            quorum=terms.quorum,
            four_eyes=terms.four_eyes,
            given=tuple(GivenApproval(by=one.by, at=one.at, comment=one.comment) for one in terms.votes),
            refusal=_refusal(request, terms, people),
        ),
    )


def _refusal(request: web.Request, terms: Terms, people: People) -> str | None:
    """The reason for which the caller may not approve."""
    who = principal_of(request)
    if not terms.name_people or who == ANONYMOUS:
        return None
    if reason := refusal(terms.approvers, terms.four_eyes, who, people, approves=True):
        return reason
    has_approved = any(vote.by == who.name for vote in terms.votes)
    return "you have approved it, and it waits for others" if has_approved else None
