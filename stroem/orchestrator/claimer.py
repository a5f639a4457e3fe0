"""Ready steps handed to workers, their templates filled in."""

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import attrs

from stroem.definitions.action import Action
from stroem.engine.rendering import RenderedStep, render_step
from stroem.errors import StroemError
from stroem.orchestrator.job_facts import JobFactsShelf
from stroem.orchestrator.plan_shelf import PlanShelf, ShelvedPlan
from stroem.orchestrator.recent import Recent
from stroem.orchestrator.renderer import Renderer
from stroem.store import step_views, steps
from stroem.store.jobs import JobFacts
from stroem.store.statement import Connection
from stroem.store.steps import ClaimedStep, Place, StepEnd

_OUTPUTS = 4096
DEADLINE_GRACE_SECS = 30
"""How long behind a step's timeout the server waits for its worker to end it."""


@attrs.frozen(kw_only=True)
class Asker:
    """A worker that asks for steps."""

    worker_id: uuid.UUID
    capabilities: Sequence[str]
    tags: Sequence[str] = ()
    exclusive: bool = False


@attrs.frozen(kw_only=True)
class Offer:
    """A step handed to a worker: everything it needs to run it. `revision` names the files of its release: the digest
    of their list, or the source's revision for jobs that were made before that was known.
    """

    job_id: uuid.UUID
    workspace: str
    revision: str | None
    task: str
    step: str
    position: int
    attempt: int
    action_name: str
    action: Action
    input: Mapping[str, Any]
    timeout_secs: int | None


@attrs.frozen(kw_only=True)
class Taken:
    """What a claim gave: steps to run, and steps that failed because their templates did."""

    offers: tuple[Offer, ...] = ()
    broken: tuple[StepEnd, ...] = ()


class Claimer:
    """Takes ready steps for a worker and fills in their templates."""

    def __init__(self, shelf: PlanShelf, facts: JobFactsShelf, renderer: Renderer) -> None:
        self._shelf = shelf
        self._facts = facts
        self._renderer = renderer
        self._outputs: Recent[Place, Any] = Recent(_OUTPUTS)

    async def claim(self, connection: Connection, asker: Asker, limit: int, outputs: Mapping[Place, Any]) -> Taken:
        """Takes up to `limit` steps for the worker. `outputs` are those that this transaction has written."""
        claimed = await steps.claim_steps(
            connection,
            asker.worker_id,
            capabilities=asker.capabilities,
            tags=asker.tags,
            exclusive=asker.exclusive,
            limit=limit,
            grace_secs=DEADLINE_GRACE_SECS,
        )
        if not claimed:
            return Taken()
        return await self.offer(connection, claimed, asker.worker_id, outputs)

    async def offer(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        worker_id: uuid.UUID,
        written: Mapping[Place, Any] = MappingProxyType({}),
    ) -> Taken:
        """Fills in the templates of steps that the worker has taken."""
        facts = await self._facts.get(connection, {one.job_id for one in claimed})
        plans = {job_id: await self._shelf.get(connection, fact.plan) for job_id, fact in facts.items()}
        outputs = await self._read_outputs(connection, claimed, plans, written)
        offers: list[Offer] = []
        broken: list[StepEnd] = []
        for one in claimed:
            try:
                rendered = await self._render(one, plans[one.job_id], facts[one.job_id], outputs)
            except StroemError as error:
                broken.append(_failed(one, worker_id, str(error)))
            else:
                offers.append(_offer(one, plans[one.job_id], facts[one.job_id], rendered))
        if inputs := {(offer.job_id, offer.position): offer.input for offer in offers if offer.input}:
            await steps.store_inputs(connection, inputs)
        return Taken(offers=tuple(offers), broken=tuple(broken))

    def remember_outputs(self, outputs: Mapping[Place, Any]) -> None:
        """Keeps outputs at hand that were committed just now."""
        for place, output in outputs.items():
            self._outputs.put(place, output)

    async def _read_outputs(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        plans: Mapping[uuid.UUID, ShelvedPlan],
        written: Mapping[Place, Any],
    ) -> dict[Place, Any]:
        wanted = {
            (one.job_id, position)
            for one in claimed
            for position in plans[one.job_id].plan.steps[one.position].refers_to
        }
        found: dict[Place, Any] = {}
        for place in wanted:
            output = written.get(place, self._outputs.get(place))
            if output is not None:
                found[place] = output
        if missing := wanted - found.keys():
            found |= await step_views.outputs_of(connection, missing)
        return found

    async def _render(
        self, one: ClaimedStep, shelved: ShelvedPlan, facts: JobFacts, outputs: Mapping[Place, Any]
    ) -> RenderedStep:
        plan, job_input = shelved.plan, facts.input or {}
        places = ((position, (one.job_id, position)) for position in plan.steps[one.position].refers_to)
        read = {position: outputs[place] for position, place in places if place in outputs}
        return await self._renderer.render(lambda budget: render_step(plan, one.position, job_input, read, budget))


def _failed(one: ClaimedStep, worker_id: uuid.UUID, error: str) -> StepEnd:
    return StepEnd(
        job_id=one.job_id,
        position=one.position,
        status="failed",
        attempt=one.attempt,
        worker_id=worker_id,
        error=error,
    )


def _offer(one: ClaimedStep, plan: ShelvedPlan, facts: JobFacts, rendered: RenderedStep) -> Offer:
    step = plan.plan.steps[one.position]
    return Offer(
        job_id=one.job_id,
        workspace=facts.workspace,
        revision=facts.files or facts.revision,
        task=facts.task,
        step=step.name,
        position=one.position,
        attempt=one.attempt,
        action_name=step.action,
        action=rendered.action,
        input=rendered.input,
        timeout_secs=one.timeout_secs,
    )
