"""A step as it is handed to a worker."""

import uuid

import attrs

from stroem.conversion import canonical
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.engine.compile import runner_of
from stroem.orchestrator.jobs.claimer import Offer


@attrs.frozen(kw_only=True)
class Claim:
    """A step to run, its templates filled in. `timeout_secs` is in seconds; `attempt` counts from 1."""

    workspace: str
    job_id: uuid.UUID
    task_name: str
    step_name: str
    action_name: str
    action_type: str
    action_image: str | None
    action_spec: dict[str, Json]
    input: dict[str, Json]
    runner: str
    timeout_secs: int | None = attrs.field(default=None, metadata=ABSENT)
    revision: str | None = attrs.field(default=None, metadata=ABSENT)
    attempt: int
    log_chunk: int


def claim_object(offer: Offer) -> Claim:
    """What goes over the wire for a step."""
    return Claim(
        workspace=offer.workspace,
        job_id=offer.job_id,
        task_name=offer.task,
        step_name=offer.step,
        action_name=offer.action_name,
        action_type=offer.action.type,
        action_image=offer.action.image,
        action_spec=canonical.to_json(offer.action),
        input=dict(offer.input),
        runner=runner_of(offer.action),
        timeout_secs=offer.timeout_secs,
        revision=offer.revision,
        attempt=offer.attempt,
        log_chunk=0,
    )
