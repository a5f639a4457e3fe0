"""Ready steps handed to workers, their templates filled in."""

import datetime
import logging
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import attrs
from cachetools import LRUCache

from stroem.conversion.json_value import encode
from stroem.definitions.action import Action
from stroem.engine.rendering import RenderedStep, render_step
from stroem.errors import StroemError
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.job_plans import JobPlan, JobPlans
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.orchestrator.plans.renderer import Renderer
from stroem.store.database import Database
from stroem.store.isolation import isolate, reason_of
from stroem.store.jobs import claims, step_queries, steps
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.steps import ClaimedStep, StepEnd, StepId
from stroem.store.statement import Connection

_OUTPUTS = 4096
_log = logging.getLogger(__name__)


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

    def __init__(
        self, database: Database, plans: JobPlans, facts: JobCache, renderer: Renderer, failer: StepFailer
    ) -> None:
        self._database = database
        self._failer = failer
        self._plans = plans
        self._facts = facts
        self._renderer = renderer
        self._outputs: LRUCache[StepId, Any] = LRUCache(_OUTPUTS)

    async def claim(self, connection: Connection, asker: Asker, limit: int, outputs: Mapping[StepId, Any]) -> Taken:
        """Takes up to `limit` steps for the worker. `outputs` are those that this transaction has written."""
        claimed = await claims.claim_steps(
            connection,
            asker.worker_id,
            capabilities=asker.capabilities,
            tags=asker.tags,
            exclusive=asker.exclusive,
            limit=limit,
            grace_secs=steps.ENDING_SECS,
        )
        if not claimed:
            return Taken()
        return await self.offer(connection, claimed, asker.worker_id, outputs)

    async def offer(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        worker_id: uuid.UUID,
        written: Mapping[StepId, Any] = MappingProxyType({}),
    ) -> Taken:
        """Fills in the templates of steps that the worker has taken. Raises ValuesNotLoaded."""
        plans = await self._plans.of(connection, {one.job_id for one in claimed})
        facts = await self._facts.get(connection, plans.keys())
        outputs = await self._read_outputs(connection, claimed, plans, written)
        offers: list[Offer] = []
        broken: list[StepEnd] = []
        inputs: dict[StepId, bytes] = {}
        for one in claimed:
            job = plans[one.job_id]
            if job.error is not None:
                broken.append(_failed(one, worker_id, job.error))
                continue
            try:
                rendered = await self._render(one, job, outputs)
            except StroemError as error:
                broken.append(_failed(one, worker_id, job.redactor.line(str(error))))
            except Exception as error:
                _log.exception("step %d of job %s cannot be handed out", one.position, one.job_id)
                broken.append(_failed(one, worker_id, _reason(error)))
            else:
                offers.append(_offer(one, job.cached, facts[one.job_id], rendered))
                if rendered.input:
                    inputs[(one.job_id, one.position)] = _stored_input(rendered, job)
        if inputs:
            await steps.store_inputs(connection, inputs)
        return Taken(offers=tuple(offers), broken=tuple(broken))

    async def claim_each(self, asker: Asker, limit: int) -> tuple[Offer, ...]:
        """Takes up to `limit` steps, in transactions of its own; one that spoils its claim fails, the others are
        handed out. Jobs that rest are left out."""
        async with self._database.read() as connection:
            ready = await claims.ready_steps(
                connection,
                capabilities=asker.capabilities,
                tags=asker.tags,
                exclusive=asker.exclusive,
                limit=limit,
                deferred=self._failer.deferred.current(),
            )

        async def claim(places: Sequence[StepId]) -> Taken:
            async with self._database.begin() as connection:
                claimed = await claims.claim_these(connection, asker.worker_id, places, grace_secs=steps.ENDING_SECS)
                return await self.offer(connection, claimed, asker.worker_id) if claimed else Taken()

        async def fail(place: StepId, error: Exception) -> None:
            _log.error("step %d of job %s cannot be handed out", place[1], place[0], exc_info=error)
            end = StepEnd(
                job_id=place[0], position=place[1], status="failed", error=_reason(error), log_origin="orchestration"
            )
            await self._failer.end([end], was="ready")

        return await self._settled(await isolate(ready, self._plans.retrying(claim), fail))

    async def offer_each(self, claimed: Sequence[ClaimedStep], worker_id: uuid.UUID) -> tuple[Offer, ...]:
        """Fills in the templates of steps that the worker has taken, in transactions of its own; one that spoils it
        fails."""

        async def offer(some: Sequence[ClaimedStep]) -> Taken:
            async with self._database.begin() as connection:
                return await self.offer(connection, some, worker_id)

        return await self._settled(await isolate(claimed, self._plans.retrying(offer), partial(self.refuse, worker_id)))

    async def refuse(self, worker_id: uuid.UUID, one: ClaimedStep, error: Exception) -> None:
        """Fails a step that the worker has taken and that cannot be handed to it."""
        _log.error("step %d of job %s cannot be handed out", one.position, one.job_id, exc_info=error)
        await self._failer.end([_failed(one, worker_id, _reason(error))])

    async def _settled(self, taken: Sequence[Taken]) -> tuple[Offer, ...]:
        """The steps to run, once those whose templates failed have ended."""
        await self._failer.end([end for one in taken for end in one.broken])
        return tuple(offer for one in taken for offer in one.offers)

    def remember_outputs(self, outputs: Mapping[StepId, Any]) -> None:
        """Keeps outputs at hand that were committed just now."""
        self._outputs.update(outputs)

    async def _read_outputs(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        plans: Mapping[uuid.UUID, JobPlan],
        written: Mapping[StepId, Any],
    ) -> dict[StepId, Any]:
        wanted = {
            (one.job_id, position)
            for one in claimed
            for position in plans[one.job_id].plan.steps[one.position].refers_to
        }
        found: dict[StepId, Any] = {}
        for place in wanted:
            output = written.get(place, self._outputs.get(place))
            if output is not None:
                found[place] = output
        if missing := wanted - found.keys():
            found |= await step_queries.outputs_of(connection, missing)
        return found

    async def _render(self, one: ClaimedStep, job: JobPlan, outputs: Mapping[StepId, Any]) -> RenderedStep:
        plan, job_input = job.plan, job.input
        places = ((position, (one.job_id, position)) for position in plan.steps[one.position].refers_to)
        read = {position: outputs[place] for position, place in places if place in outputs}
        return await self._renderer.render(lambda budget: render_step(plan, one.position, job_input, read, budget))


def _reason(error: Exception) -> str:
    return f"The step could not be handed out: {reason_of(error)}"


def _stored_input(rendered: RenderedStep, job: JobPlan) -> bytes:
    if not job.logs.may_find(rendered.input_json):
        return rendered.input_json
    return encode(job.redactor.value(rendered.input))


def _failed(one: ClaimedStep, worker_id: uuid.UUID, error: str) -> StepEnd:
    return StepEnd(
        job_id=one.job_id,
        position=one.position,
        status="failed",
        attempt=one.attempt,
        worker_id=worker_id,
        error=error,
        log_origin="orchestration",
    )


def _offer(one: ClaimedStep, plan: CachedPlan, facts: JobFacts, rendered: RenderedStep) -> Offer:
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
        action=attrs.evolve(rendered.action, env={**_release_variables(facts), **rendered.action.env}),
        input=rendered.input,
        timeout_secs=one.timeout_secs,
    )


def _release_variables(facts: JobFacts) -> dict[str, str]:
    """The variables that say of which commit a step's files are, for want of a `.git` beside them."""
    variables = {} if facts.revision is None else {"STROEM_COMMIT": facts.revision}
    if facts.ref is not None:
        variables["STROEM_REF"] = facts.ref
    if facts.committed_at is not None:
        variables["STROEM_COMMIT_TIME"] = facts.committed_at.astimezone(datetime.UTC).isoformat()
    return variables
