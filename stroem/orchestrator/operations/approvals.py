"""Answers of people to steps that wait for an approval."""

import datetime
import uuid
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.engine.events import Resolve
from stroem.engine.values.approval_terms import read_terms
from stroem.engine.values.forms import form_of, with_form
from stroem.engine.values.inputs import CheckedInput, check_input
from stroem.engine.values.reserved_key import refuse_reserved
from stroem.engine.values.state import APPROVAL
from stroem.errors import Conflict, Forbidden
from stroem.interfaces.nodes import Node
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.operations.approval_people import people_of
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.step_names import StepNames
from stroem.records.principal import Principal
from stroem.rights.approvers import refusal
from stroem.store.jobs import history, waiting_steps
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.waiting_steps import SuspendedStep
from stroem.store.statement import Connection

NOT_CHECKED = "The approval names its approvers, and this server has no sign-in: anybody's answer counts"


@attrs.frozen(kw_only=True)
class Answer:
    """The answer of `actor`. `input` are the values of the form, `text` a comment or the reason of a rejection.

    `who` has signed in; None for whoever has a link.
    """

    approved: bool
    actor: str
    who: Principal | None = None
    input: Mapping[str, Json] | None = None
    text: str | None = None


@attrs.frozen(kw_only=True)
class Answered:
    """A recorded answer. Without it `is_decided`, the step waits for more approvals."""

    is_decided: bool
    warnings: tuple[str, ...] = ()


class Approvals:
    """Records answers to suspended steps: the first that decides counts.

    Unless the server `signs_in` people, nobody is told from others: whoever answers counts as enough.
    """

    def __init__(
        self,
        live_jobs: LiveJobs,
        driver: JobDriver,
        plans: JobPlans,
        names: StepNames,
        renderer: Renderer,
        *,
        signs_in: bool,
    ) -> None:
        self._live_jobs = live_jobs
        self._driver = driver
        self._plans = plans
        self._names = names
        self._renderer = renderer
        self._signs_in = signs_in

    async def answer(self, job_id: uuid.UUID, step: str, answer: Answer) -> Answered:
        """Answers a step, by its path.

        Raises NotFound, InvalidInput with every mistake in the form, Conflict when the step waits for no approval or
        has that of the person, or Forbidden when the person may not answer it.
        """

        refuse_reserved(answer.input)

        async def resolve(connection: Connection, job: LockedJob) -> tuple[Recorded, Answered]:
            waiting = await self._waiting(connection, job_id, step)
            checks_people = await self._check_people(connection, job_id, waiting, step, answer)
            node = (await self._plans.cached_jobs.plan(connection, job_id)).node(waiting.node)
            checked = await self._checked(connection, job_id, node, step, answer)
            document = _document(
                answer, None if checked is None else checked.values, job.now, decides=not checks_people
            )
            event = Resolve(step=waiting.step, answer=document, actor=answer.actor)
            recorded = await self._driver.drive(connection, [(job, [event])])
            warnings = [] if checked is None else [*checked.warnings]
            if not checks_people:
                warnings.append(NOT_CHECKED)
            return recorded, Answered(is_decided=(job_id, waiting.step) in recorded.ended, warnings=tuple(warnings))

        return await self._live_jobs.change(job_id, resolve)

    async def _check_people(
        self, connection: Connection, job_id: uuid.UUID, waiting: SuspendedStep, step: str, answer: Answer
    ) -> bool:
        """Checks that the person may answer. False if there are terms that cannot be checked without sign-in."""
        terms = read_terms(waiting.input)
        if not terms.name_people:
            return True
        if not self._signs_in:
            return False
        if answer.who is None:
            raise Forbidden(message=f"Step {step!r} is answered by people who have signed in, not by links")
        people = (await people_of(connection, [job_id]))[job_id]
        if reason := refusal(terms.approvers, terms.four_eyes, answer.who, people, approves=answer.approved):
            raise Forbidden(message=f"Step {step!r} is not yours to answer: {reason}")
        earlier = {by for _, by in await history.answers(connection, (job_id, waiting.step))}
        if answer.approved and answer.actor in earlier:
            raise Conflict(message=f"Step {step!r} has your approval, and waits for that of others")
        return True

    async def _waiting(self, connection: Connection, job_id: uuid.UUID, step: str) -> SuspendedStep:
        """The step, which waits for an approval."""
        found = await self._names.find(connection, [(job_id, step)])
        if (job_id, step) not in found:
            if await self._names.is_planned(connection, job_id, step):
                raise Conflict(message=f"Step {step!r} has not begun")
            raise await self._names.missing(connection, job_id, step)
        suspended = await waiting_steps.suspended_step(connection, found[job_id, step])
        if suspended is None or suspended.waits_for != APPROVAL:
            raise Conflict(message=f"Step {step!r} does not wait for an approval")
        return suspended

    async def _checked(
        self, connection: Connection, job_id: uuid.UUID, node: Node, step: str, answer: Answer
    ) -> CheckedInput | None:
        """The input, complete and of the declared types. None for a rejection, and for no input without a form."""
        if not answer.approved or not (form_of(node) or answer.input):
            return None
        job = (await self._plans.of(connection, [job_id]))[job_id]
        if job.error is not None:
            raise Conflict(message=f"The input cannot be checked: {job.error}")
        plan, given = with_form(job.plan, node), answer.input or {}
        return await self._renderer.render(
            lambda budget: check_input(plan, given, budget, of=f"the form of step {step!r}")
        )


def _document(
    answer: Answer, values: Mapping[str, Json] | None, now: datetime.datetime, *, decides: bool
) -> dict[str, Json]:
    """The answer as kinds of steps get it."""
    at = now.astimezone(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    document: dict[str, Json] = {"approved": answer.approved, "by": answer.actor, "at": at}
    if decides:
        document["decides"] = True
    if values is not None:
        document["input"] = dict(values)
    if answer.text:
        document["comment" if answer.approved else "reason"] = answer.text
    return document
