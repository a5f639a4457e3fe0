"""A step that is handed to a worker."""

import datetime
import uuid

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.action import Action
from stroem.definitions.values import Json
from stroem.protocol.events import EventSourceConfig
from stroem.protocol.reading import read
from stroem.protocol.steps import StepAttempt, WireStepId


@attrs.frozen(kw_only=True)
class Claim:
    """A step to run, its templates filled in. `timeout_secs` is in seconds; `attempt` counts from 1.

    `claimed_at` tells this claim from another of the same attempt, once the step was given back.

    A step that an earlier run of the worker has begun is given again with its place in the log: `log_chunk`, and how
    much of its streams is there. One that another worker has begun is `adopted`.

    `revision` names the files of its release; `action_spec` is the action; `log_chunk` is the number of its first chunk
    of log lines. The storage keys are the ids of the latest snapshots of state, if there are any. Steps with the same
    `volume` share a folder of the worker. `artifacts` are globs of files to keep. The output of a step with an
    `event_source_config` has events. The job of a `local` one stays on its worker, and may go on without the server.

    With the token `grant`, a step that runs on another machine fetches its files and sends back what it leaves. With
    `api_token` a step calls the API.
    """

    workspace: str
    job_id: uuid.UUID
    task_name: str
    step_name: str
    step_id: WireStepId | None = attrs.field(default=None, metadata=ABSENT)
    action_name: str
    action_type: str
    action_image: str | None = None
    action_spec: dict[str, Json]
    input: dict[str, Json]
    runner: str
    timeout_secs: float | None = attrs.field(default=None, metadata=ABSENT)
    revision: str | None = attrs.field(default=None, metadata=ABSENT)
    event_source_config: EventSourceConfig | None = attrs.field(default=None, metadata=ABSENT)
    state_storage_key: str | None = attrs.field(default=None, metadata=ABSENT)
    state_has_json: bool | None = attrs.field(default=None, metadata=ABSENT)
    global_state_storage_key: str | None = attrs.field(default=None, metadata=ABSENT)
    global_state_has_json: bool | None = attrs.field(default=None, metadata=ABSENT)
    artifacts: tuple[str, ...] = attrs.field(default=(), metadata=ABSENT)
    volume: uuid.UUID | None = attrs.field(default=None, metadata=ABSENT)
    local: bool = attrs.field(default=False, metadata=ABSENT)
    attempt: int
    log_chunk: int = 0
    adopted: bool = attrs.field(default=False, metadata=ABSENT)
    stdout_bytes: int = attrs.field(default=0, metadata=ABSENT)
    stderr_bytes: int = attrs.field(default=0, metadata=ABSENT)
    claimed_at: datetime.datetime | None = attrs.field(default=None, metadata=ABSENT)
    grant: str | None = attrs.field(default=None, repr=False, metadata=ABSENT)
    api_token: str | None = attrs.field(default=None, repr=False, metadata=ABSENT)

    @property
    def step(self) -> StepAttempt:
        """The attempt that is handed out."""
        return StepAttempt(job_id=self.job_id, step_name=self.step_name, step_id=self.step_id, attempt=self.attempt)


def action_of(claim: Claim) -> Action:
    """The action of a claim. Raises `MessageUnreadable`."""
    image = {} if claim.action_image is None else {"image": claim.action_image}
    return read({"type": claim.action_type, **claim.action_spec, **image}, Action)
