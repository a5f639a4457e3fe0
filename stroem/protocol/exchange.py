"""The exchange: one request delivers outcomes and log lines and claims steps."""

import uuid

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.protocol.begun_steps import BegunAnswer, BegunStep
from stroem.protocol.claim import Claim
from stroem.protocol.events import EventSourceConfig
from stroem.protocol.steps import LogLines, Outcome, Return, StepAttempt


@attrs.frozen(kw_only=True)
class ExchangeRequest:
    """A request for up to `max_steps` steps, which delivers outcomes and log lines.

    A request that delivers nothing may be held for up to `wait_secs` (30 at most) until there is a step. `holding` is
    the inventory of the worker's steps; steps that are missing in it are sent again. Those of `returned` go back into
    the queue. `begun` are steps of local jobs that the worker began by itself, in this order, until each is taken or
    refused. `resources` are all that the worker offers, taken or not. Workers of the older contract leave out
    `max_steps` and get one step, or none, at once.
    """

    worker_id: uuid.UUID
    capabilities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    exclusive: bool = attrs.field(default=False, metadata=ABSENT)
    resources: dict[str, str] = attrs.field(factory=dict, metadata=ABSENT)
    languages: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)
    max_steps: int | None = None
    wait_secs: float = 0
    outcomes: tuple[Outcome, ...] = ()
    logs: tuple[LogLines, ...] = ()
    holding: tuple[StepAttempt, ...] | None = attrs.field(default=None, metadata=ABSENT)
    returned: tuple[Return, ...] = attrs.field(default=(), metadata=ABSENT)
    begun: tuple[BegunStep, ...] = attrs.field(default=(), metadata=ABSENT)


@attrs.frozen(kw_only=True)
class ExchangeAnswer:
    """The steps to run and to cancel, and the length of the worker's lease in seconds.

    `begun` has one verdict for each begun step of the request, in its order.

    Workers of the older contract find the fields of one step at the top instead, all null when there is none.
    """

    workspace: str | None = None
    job_id: uuid.UUID | None = None
    task_name: str | None = None
    step_name: str | None = None
    action_name: str | None = None
    action_type: str | None = None
    action_image: str | None = None
    action_spec: dict[str, Json] | None = None
    input: dict[str, Json] | None = None
    runner: str | None = None
    timeout_secs: float | None = attrs.field(default=None, metadata=ABSENT)
    revision: str | None = attrs.field(default=None, metadata=ABSENT)
    event_source_config: EventSourceConfig | None = attrs.field(default=None, metadata=ABSENT)
    state_storage_key: str | None = attrs.field(default=None, metadata=ABSENT)
    state_has_json: bool | None = attrs.field(default=None, metadata=ABSENT)
    global_state_storage_key: str | None = attrs.field(default=None, metadata=ABSENT)
    global_state_has_json: bool | None = attrs.field(default=None, metadata=ABSENT)
    steps: tuple[Claim, ...] | None = attrs.field(default=None, metadata=ABSENT)
    cancel: tuple[StepAttempt, ...] | None = attrs.field(default=None, metadata=ABSENT)
    lease_secs: float | None = attrs.field(default=None, metadata=ABSENT)
    begun: tuple[BegunAnswer, ...] | None = attrs.field(default=None, metadata=ABSENT)
