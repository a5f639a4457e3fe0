"""Renders claimed steps for their workers."""

import logging
import uuid
from collections.abc import Mapping, Sequence

import attrs
from cachetools import LRUCache

from stroem.conversion import canonical
from stroem.conversion.json_value import encode
from stroem.definitions.action import Action
from stroem.definitions.values import Json
from stroem.engine.compile import templates_of
from stroem.engine.events import Ended
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Scope
from stroem.engine.values.rendering import RenderedStep, render_step
from stroem.engine.values.state import JOB
from stroem.errors import StroemError
from stroem.interfaces.step_error import ErrorKind
from stroem.orchestrator.jobs.secret_uses import SecretUses, with_environment
from stroem.orchestrator.jobs.step_end import StepEnd
from stroem.orchestrator.jobs.step_scopes import Outputs, StepScopes
from stroem.orchestrator.outputs.reader import OutputReader
from stroem.orchestrator.plans.claim_facts import facts_of, keys_of
from stroem.orchestrator.plans.consumer_claims import consuming
from stroem.orchestrator.plans.job_plan import JobPlan
from stroem.orchestrator.plans.job_plans import JobPlans
from stroem.orchestrator.plans.renderer import Renderer
from stroem.orchestrator.plans.step_names import StepNames
from stroem.protocol.api_token import ApiGrant, api_secret, sign_api_token
from stroem.protocol.claim import Claim
from stroem.protocol.claim_facts import ClaimedVisit, claim_of
from stroem.protocol.plan_paths import path_at
from stroem.protocol.step_token import grant_secret
from stroem.store.batch_isolation import is_outage, reason_of
from stroem.store.jobs import places
from stroem.store.jobs.jobs import JobFacts
from stroem.store.jobs.steps import ClaimedStep, StepId
from stroem.store.statement import Connection
from stroem.store.triggers import consumers

_SPECS = 256
_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class RenderedClaims:
    """Claims to send, the ends of steps with failed templates, and the inputs to store, as JSON texts."""

    claims: tuple[Claim, ...] = ()
    failed: tuple[StepEnd, ...] = ()
    inputs: Mapping[StepId, bytes] = attrs.Factory(dict)


class StepRenderer:
    """Renders the templates of claimed steps."""

    def __init__(
        self,
        plans: JobPlans,
        renderer: Renderer,
        names: StepNames,
        scopes: StepScopes,
        outputs: OutputReader,
        *,
        server_key: bytes,
    ) -> None:
        """Tokens of steps are signed with keys that are derived from `server_key`."""
        self._plans = plans
        self._renderer = renderer
        self._names = names
        self._specs: LRUCache[int, tuple[Action, dict[str, Json]]] = LRUCache(_SPECS)
        self._outputs = outputs
        self._uses = SecretUses()
        self._grant_secret = grant_secret(server_key)
        self._api_secret = api_secret(server_key)
        self.scopes = scopes

    async def render(
        self, connection: Connection, claimed: Sequence[ClaimedStep], worker_id: uuid.UUID, written: Outputs
    ) -> RenderedClaims:
        """Renders claimed steps. `written` are outputs of this transaction. Raises NotLoaded."""
        for one in claimed:
            self._names.put(one.step_id, one.address)
        jobs = await self._plans.of(connection, {one.job_id for one in claimed}, fresh=True)
        plans = {job_id: await self._plan(connection, job_id, job) for job_id, job in jobs.items()}
        facts = await self._plans.cached_jobs.get(connection, jobs.keys())
        names = {one.step_id: path_at(plans[one.job_id], [one.address]) for one in claimed if one.parent == JOB}
        names |= await self._names.names_of(connection, [one.step_id for one in claimed if one.parent != JOB])
        scopes = await self.scopes.of(connection, claimed, plans, written)
        last_events = await self._last_events(connection, facts)
        told = {job_id: facts_of(job_id, plan, facts[job_id]) for job_id, plan in plans.items()}
        rendered: list[Claim] = []
        failed: list[StepEnd] = []
        inputs: dict[StepId, bytes] = {}
        for one in claimed:
            job = jobs[one.job_id]
            try:
                if job.error is not None:
                    failed.append(failed_claim(one, worker_id, job.error, "template"))
                    continue
                scope = await self._with_outputs(connection, one, plans[one.job_id], scopes[one.step_id])
                step = await self._render(one, plans[one.job_id], job, scope)
                step = with_environment(step, job, plans[one.job_id].node(one.node).action)
                spec = self._spec(step.action)
                visit = _visit(one, names[one.step_id])
                claim = claim_of(told[one.job_id], plans[one.job_id], visit, step, spec, self._grant_secret)
                claim = self._with_api_token(claim, step.action)
                claim = consuming(claim, facts[one.job_id], last_events.get(one.job_id))
            except StroemError as error:
                failed.append(failed_claim(one, worker_id, job.redactor.line(str(error)), "template"))
            except Exception as error:
                if is_outage(error):
                    raise
                _log.exception("step %d of job %s cannot be handed out", one.step, one.job_id)
                failed.append(failed_claim(one, worker_id, refusal(error)))
            else:
                rendered.append(claim)
                if step.input:
                    inputs[one.step_id] = _stored_input(step, job)
        await self._uses.note(connection, rendered, jobs, worker_id)
        return RenderedClaims(claims=tuple(rendered), failed=tuple(failed), inputs=inputs)

    async def _last_events(
        self, connection: Connection, facts: Mapping[uuid.UUID, JobFacts]
    ) -> Mapping[uuid.UUID, str]:
        """The ids of the last events of the triggers of consumers, by job."""
        found = [job_id for job_id, one in facts.items() if one.consumer is not None]
        return await consumers.last_event_ids(connection, found) if found else {}

    async def _plan(self, connection: Connection, job_id: uuid.UUID, job: JobPlan) -> TaskPlan:
        if not job.plan.grows:
            return job.plan
        fragments = await places.fragments_of(connection, job_id)
        return await self._plans.cached_jobs.plans.extended(connection, job.plan, fragments)

    def _spec(self, action: Action) -> dict[str, Json]:
        """The action as JSON. Actions without templates are converted once."""
        known, spec = self._specs.get(id(action), (None, None))
        if known is not action or spec is None:
            spec = canonical.to_json(action)
            self._specs[id(action)] = (action, spec)
        return spec

    def _with_api_token(self, claim: Claim, action: Action) -> Claim:
        """The claim with a token for the API, if its action asks for one."""
        if action.stroem_token is None or claim.step_id is None:
            return claim
        grant = ApiGrant(
            workspace=claim.workspace,
            job_id=claim.job_id,
            step_id=claim.step_id,
            attempt=claim.attempt,
            step_name=claim.step_name,
            verbs=action.stroem_token.verbs,
        )
        return attrs.evolve(claim, api_token=sign_api_token(grant, self._api_secret))

    async def _with_outputs(self, connection: Connection, one: ClaimedStep, plan: TaskPlan, scope: Scope) -> Scope:
        """The scope with the large outputs that the step reads."""
        if not scope.results:
            return scope
        node = plan.node(one.node)
        templates = [node.input, *templates_of(plan.actions[node.action])]
        return await self._outputs.for_templates(connection, one.job_id, plan, one.node, templates, scope)

    async def _render(self, one: ClaimedStep, plan: TaskPlan, job: JobPlan, scope: Scope) -> RenderedStep:
        return await self._renderer.render(lambda budget: render_step(plan, one.node, job.input, scope, budget))


def refusal(error: Exception) -> str:
    """The reason of a step that cannot be handed out."""
    return f"The step could not be handed out: {reason_of(error)}"


def failed_claim(one: ClaimedStep, worker_id: uuid.UUID, error: str, kind: ErrorKind = "setup") -> StepEnd:
    """The end of a claimed step that cannot be handed out."""
    event = Ended(
        step=one.step,
        outcome="failed",
        attempt=one.attempt,
        worker_id=worker_id,
        error=error,
        error_kind=kind,
        at=one.address,
        cause="claim",
    )
    return StepEnd(job_id=one.job_id, event=event)


def _stored_input(rendered: RenderedStep, job: JobPlan) -> bytes:
    if not job.logs.may_find(rendered.input_json):
        return rendered.input_json
    return encode(job.redactor.value(rendered.input))


def _visit(one: ClaimedStep, name: str) -> ClaimedVisit:
    return ClaimedVisit(
        step=one.step,
        name=name,
        node=one.node,
        attempt=one.attempt,
        timeout_secs=one.timeout_secs,
        claimed_at=one.claimed_at,
        state=keys_of(one.state),
    )
