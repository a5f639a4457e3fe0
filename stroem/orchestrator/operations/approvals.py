"""Answers of people to steps that wait for an approval."""

import datetime
import uuid
from collections.abc import Mapping

import attrs

from stroem.definitions.values import Json
from stroem.engine.events import Resolve
from stroem.engine.values.forms import form_of, with_form
from stroem.engine.values.inputs import CheckedInput, check_input
from stroem.engine.values.reserved_key import refuse_reserved
from stroem.engine.values.state import APPROVAL
from stroem.errors import Conflict
from stroem.interfaces.nodes import Node
from stroem.orchestrator.jobs.job_driver import JobDriver, Recorded
from stroem.orchestrator.operations.live_jobs import LiveJobs
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.step_names import StepNames
from stroem.store.jobs import waiting_steps
from stroem.store.jobs.locked_jobs import LockedJob
from stroem.store.jobs.waiting_steps import SuspendedStep
from stroem.store.statement import Connection


@attrs.frozen(kw_only=True)
class Answer:
    """The answer of `actor`. `input` are the values of the form, `text` a comment or the reason of a rejection."""

    approved: bool
    actor: str
    input: Mapping[str, Json] | None = None
    text: str | None = None


class Approvals:
    """Records answers to suspended steps: the first counts."""

    def __init__(
        self, live_jobs: LiveJobs, driver: JobDriver, plans: JobPlans, names: StepNames, renderer: Renderer
    ) -> None:
        self._live_jobs = live_jobs
        self._driver = driver
        self._plans = plans
        self._names = names
        self._renderer = renderer

    async def answer(self, job_id: uuid.UUID, step: str, answer: Answer) -> tuple[str, ...]:
        """Answers a step, by its path; returns warnings about the input.

        Raises NotFound, InvalidInput with every mistake in the form, or Conflict when the step waits for no approval.
        """

        refuse_reserved(answer.input)

        async def resolve(connection: Connection, job: LockedJob) -> tuple[Recorded, tuple[str, ...]]:
            waiting = await self._waiting(connection, job_id, step)
            node = (await self._plans.cached_jobs.plan(connection, job_id)).node(waiting.node)
            checked = await self._checked(connection, job_id, node, step, answer)
            document = _document(answer, None if checked is None else checked.values, job.now)
            event = Resolve(step=waiting.step, answer=document, actor=answer.actor)
            return await self._driver.drive(connection, [(job, [event])]), () if checked is None else checked.warnings

        return await self._live_jobs.change(job_id, resolve)

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


def _document(answer: Answer, values: Mapping[str, Json] | None, now: datetime.datetime) -> dict[str, Json]:
    """The answer as kinds of steps get it."""
    at = now.astimezone(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    document: dict[str, Json] = {"approved": answer.approved, "by": answer.actor, "at": at}
    if values is not None:
        document["input"] = dict(values)
    if answer.text:
        document["comment" if answer.approved else "reason"] = answer.text
    return document
