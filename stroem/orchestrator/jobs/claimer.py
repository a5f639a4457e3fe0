"""Claims of ready steps, with their templates rendered."""

import datetime
import logging
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import attrs
from cachetools import LRUCache

from stroem.conversion import canonical
from stroem.conversion.json_value import encode
from stroem.engine.compile import runner_of
from stroem.engine.rendering import RenderedStep, render_step
from stroem.errors import StroemError
from stroem.orchestrator.jobs.step_failer import StepFailer
from stroem.orchestrator.plans.job_cache import JobCache
from stroem.orchestrator.plans.job_plans import JobPlan, JobPlans
from stroem.orchestrator.plans.plan_cache import CachedPlan
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.step_names import wire_id
from stroem.protocol.claim import Claim
from stroem.protocol.exchange import ExchangeRequest
from stroem.store.batch_isolation import isolate, reason_of
from stroem.store.database import Database
from stroem.store.jobs import claims, step_queries, steps
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.steps import ClaimedStep, StepEnd, StepId
from stroem.store.statement import Connection

_OUTPUTS = 4096
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Claimed:
    """Result of a claim: steps to run, and the ends of steps with failed templates."""

    claims: tuple[Claim, ...] = ()
    failed: tuple[StepEnd, ...] = ()


class Claimer:
    """Claims ready steps for a worker and renders their templates."""

    def __init__(
        self, database: Database, plans: JobPlans, facts: JobCache, renderer: Renderer, failer: StepFailer
    ) -> None:
        self._database = database
        self._failer = failer
        self._plans = plans
        self._facts = facts
        self._renderer = renderer
        self._outputs: LRUCache[StepId, Any] = LRUCache(_OUTPUTS)

    @property
    def has_deferred_jobs(self) -> bool:
        """Whether there are jobs that claims must leave out for a while."""
        return bool(self._failer.deferred.current())

    async def claim(self, connection: Connection, request: ExchangeRequest, outputs: Mapping[StepId, Any]) -> Claimed:
        """Claims up to `max_steps` steps. `outputs` were written in this transaction."""
        claimed = await claims.claim_steps(
            connection,
            request.worker_id,
            capabilities=request.capabilities,
            tags=request.tags,
            exclusive=request.exclusive,
            limit=request.max_steps or 0,
            grace_secs=steps.ENDING_SECS,
        )
        if not claimed:
            return Claimed()
        return await self.hand_out(connection, claimed, request.worker_id, outputs)

    async def hand_out(
        self,
        connection: Connection,
        claimed: Sequence[ClaimedStep],
        worker_id: uuid.UUID,
        written: Mapping[StepId, Any] = MappingProxyType({}),
    ) -> Claimed:
        """Renders the templates of claimed steps. `written` are outputs of this transaction. Raises ValuesNotLoaded."""
        plans = await self._plans.of(connection, {one.job_id for one in claimed})
        facts = await self._facts.get(connection, plans.keys())
        outputs = await self._read_outputs(connection, claimed, plans, written)
        rendered_claims: list[Claim] = []
        failed: list[StepEnd] = []
        inputs: dict[StepId, bytes] = {}
        for one in claimed:
            job = plans[one.job_id]
            if job.error is not None:
                failed.append(_failed(one, worker_id, job.error))
                continue
            try:
                rendered = await self._render(one, job, outputs)
                claim = _claim(one, job.cached, facts[one.job_id], rendered)
            except StroemError as error:
                failed.append(_failed(one, worker_id, job.redactor.line(str(error))))
            except Exception as error:
                _log.exception("step %d of job %s cannot be handed out", one.position, one.job_id)
                failed.append(_failed(one, worker_id, _reason(error)))
            else:
                rendered_claims.append(claim)
                if rendered.input:
                    inputs[(one.job_id, one.position)] = _stored_input(rendered, job)
        if inputs:
            await steps.store_inputs(connection, inputs)
        return Claimed(claims=tuple(rendered_claims), failed=tuple(failed))

    async def claim_each(self, request: ExchangeRequest) -> tuple[Claim, ...]:
        """Claims up to `max_steps` steps, in smaller transactions after a failure.

        A step that cannot be claimed alone fails. Deferred jobs are left out.
        """
        async with self._database.read() as connection:
            ready = await claims.ready_steps(
                connection,
                capabilities=request.capabilities,
                tags=request.tags,
                exclusive=request.exclusive,
                limit=request.max_steps or 0,
                deferred=self._failer.deferred.current(),
            )

        async def claim(ids: Sequence[StepId]) -> Claimed:
            async with self._database.begin() as connection:
                claimed = await claims.claim_these(connection, request.worker_id, ids, grace_secs=steps.ENDING_SECS)
                return await self.hand_out(connection, claimed, request.worker_id) if claimed else Claimed()

        async def fail(step_id: StepId, error: Exception) -> None:
            job_id, position = step_id
            _log.error("step %d of job %s cannot be handed out", position, job_id, exc_info=error)
            end = StepEnd(
                job_id=job_id, position=position, status="failed", error=_reason(error), log_origin="orchestration"
            )
            await self._failer.end([end], was="ready")

        return await self.settled(await isolate(ready, self._plans.retrying(claim), fail))

    async def hand_out_each(self, claimed: Sequence[ClaimedStep], worker_id: uuid.UUID) -> tuple[Claim, ...]:
        """Renders the templates of claimed steps, in smaller transactions after a failure."""

        async def hand_out(some: Sequence[ClaimedStep]) -> Claimed:
            async with self._database.begin() as connection:
                return await self.hand_out(connection, some, worker_id)

        found = await isolate(claimed, self._plans.retrying(hand_out), partial(self.refuse, worker_id))
        return await self.settled(found)

    async def refuse(self, worker_id: uuid.UUID, one: ClaimedStep, error: Exception) -> None:
        """Fails a claimed step that cannot be handed to its worker."""
        _log.error("step %d of job %s cannot be handed out", one.position, one.job_id, exc_info=error)
        await self._failer.end([_failed(one, worker_id, _reason(error))])

    async def settled(self, found: Sequence[Claimed]) -> tuple[Claim, ...]:
        """Ends the steps with failed templates, after the commit; returns the steps to run."""
        if ends := [end for one in found for end in one.failed]:
            await self._failer.end(ends)
        return tuple([claim for one in found for claim in one.claims])

    def remember_outputs(self, outputs: Mapping[StepId, Any]) -> None:
        """Caches outputs of a committed transaction for the steps that refer to them."""
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
        for step_id in wanted:
            output = written.get(step_id, self._outputs.get(step_id))
            if output is not None:
                found[step_id] = output
        if missing := wanted - found.keys():
            found |= await step_queries.outputs_of(connection, missing)
        return found

    async def _render(self, one: ClaimedStep, job: JobPlan, outputs: Mapping[StepId, Any]) -> RenderedStep:
        plan, job_input = job.plan, job.input
        ids = ((position, (one.job_id, position)) for position in plan.steps[one.position].refers_to)
        read = {position: outputs[step_id] for position, step_id in ids if step_id in outputs}
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


def _claim(one: ClaimedStep, plan: CachedPlan, facts: JobFacts, rendered: RenderedStep) -> Claim:
    """The claim as it is sent. Jobs that were made before releases had a digest name the source's revision."""
    step = plan.plan.steps[one.position]
    action = attrs.evolve(rendered.action, env={**_release_variables(facts), **rendered.action.env})
    return Claim(
        workspace=facts.workspace,
        job_id=one.job_id,
        task_name=facts.task,
        step_name=step.name,
        step_id=wire_id((one.job_id, one.position)),
        action_name=step.action,
        action_type=action.type,
        action_image=action.image,
        action_spec=canonical.to_json(action),
        input=dict(rendered.input),
        runner=runner_of(action),
        timeout_secs=one.timeout_secs,
        revision=facts.files or facts.revision,
        attempt=one.attempt,
    )


def _release_variables(facts: JobFacts) -> dict[str, str]:
    """The environment variables that name the commit of a step's files."""
    variables = {} if facts.revision is None else {"STROEM_COMMIT": facts.revision}
    if facts.ref is not None:
        variables["STROEM_REF"] = facts.ref
    if facts.committed_at is not None:
        variables["STROEM_COMMIT_TIME"] = facts.committed_at.astimezone(datetime.UTC).isoformat()
    return variables
