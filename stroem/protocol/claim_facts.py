"""Claims of steps, made of the facts of their jobs."""

import datetime
import uuid
from collections.abc import Mapping

import attrs

from stroem.conversion import canonical
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.compile import runner_of
from stroem.engine.plan import TaskPlan
from stroem.engine.values.rendering import RenderedStep
from stroem.protocol.claim import Claim
from stroem.protocol.step_token import StepGrant, sign


@attrs.frozen(kw_only=True)
class ClaimFacts:
    """Facts of a job that all of its claims have.

    `revision` names the files of its release; `env` are the variables that name their commit. Its steps share the
    folder `volume`.
    """

    job_id: uuid.UUID
    workspace: str
    task: str
    revision: str | None = None
    env: dict[str, str] = attrs.Factory(dict)
    volume: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class StateKeys:
    """The ids of the latest snapshots of the state of a task and of its workspace, and whether they have a state.json.

    None where there is no snapshot.
    """

    state_storage_key: str | None = attrs.field(default=None, metadata=ABSENT)
    state_has_json: bool | None = attrs.field(default=None, metadata=ABSENT)
    global_state_storage_key: str | None = attrs.field(default=None, metadata=ABSENT)
    global_state_has_json: bool | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class ClaimedVisit:
    """A claimed attempt of a step. `name` is its path; `step` and `node` are numbers in its job and its plan."""

    step: int
    name: str
    node: int
    attempt: int
    timeout_secs: int | None
    claimed_at: datetime.datetime
    state: StateKeys = attrs.Factory(StateKeys)


def claim_of(
    facts: ClaimFacts,
    plan: TaskPlan,
    visit: ClaimedVisit,
    rendered: RenderedStep,
    spec: Mapping[str, Json] | None = None,
    grant_secret: bytes | None = None,
) -> Claim:
    """The claim of a rendered step. `spec` is its action as JSON, if the caller has that already.

    The grants of steps that may run on other machines are signed with `grant_secret`.
    """
    action, node = rendered.action, plan.node(visit.node)
    runner = runner_of(action)
    env = {**facts.env, **action.env}
    plain = canonical.to_json(action) if spec is None else spec
    return Claim(
        workspace=facts.workspace,
        job_id=facts.job_id,
        task_name=facts.task,
        step_name=visit.name,
        step_id=visit.step,
        action_name=node.action,
        action_type=action.type,
        action_image=action.image,
        action_spec={**plain, "env": env} if env else dict(plain),
        input=dict(rendered.input),
        runner=runner,
        timeout_secs=visit.timeout_secs,
        revision=facts.revision,
        attempt=visit.attempt,
        claimed_at=visit.claimed_at,
        volume=facts.volume,
        artifacts=() if node.artifacts is None else node.artifacts.paths,
        local=plan.is_local,
        grant=None if grant_secret is None or runner == "local" else _grant(facts, visit, grant_secret),
        **attrs.asdict(visit.state),
    )


def _grant(facts: ClaimFacts, visit: ClaimedVisit, secret: bytes) -> str | None:
    if facts.revision is None:
        return None
    grant = StepGrant(
        workspace=facts.workspace,
        revision=facts.revision,
        task=facts.task,
        job_id=facts.job_id,
        step_id=visit.step,
        attempt=visit.attempt,
    )
    return sign(grant, secret)
