"""Registration and heartbeats of workers."""

import uuid
from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Count32, Line
from stroem.conversion.unstructure import ABSENT
from stroem.protocol.steps import StepAttempt


@attrs.frozen(kw_only=True)
class Registration:
    """A worker that starts. `worker_id` is the id of its last run; the steps of that run are lost at once.

    With `resumes` it wants that id and these steps, as long as the lease of that run has not ended. A worker of a
    `group` goes on with steps of a lost worker of that group.

    `slots` is the number of steps that it runs at a time, `resources` what these may take together: amounts such as
    `4`, `500m` or `8Gi` by name; what is not named is not limited. `missing` has the abilities of its settings that it
    cannot offer now, each with the reason. `languages` are those of scripts that its programs run; a worker that does
    not tell them counts as having all.
    """

    name: Annotated[str, Line()]
    capabilities: tuple[Annotated[str, Line()], ...] = ()
    tags: tuple[Annotated[str, Line()], ...] = ()
    exclusive: bool = attrs.field(default=False, metadata=ABSENT)
    version: Annotated[str, Line()] | None = None
    worker_id: uuid.UUID | None = attrs.field(default=None, metadata=ABSENT)
    resumes: bool = attrs.field(default=False, metadata=ABSENT)
    group: Annotated[str, Line()] | None = attrs.field(default=None, metadata=ABSENT)
    slots: Count32 | None = attrs.field(default=None, metadata=ABSENT)
    resources: dict[str, str] = attrs.field(factory=dict, metadata=ABSENT)
    missing: dict[str, str] = attrs.field(factory=dict, metadata=ABSENT)
    languages: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class RegisteredWorker:
    """The worker's new id, the length of its lease in seconds, and the limit of a step's output in bytes.

    Local jobs go on for `local_lease_secs` after the server was heard last; None if they do not.
    """

    worker_id: uuid.UUID
    lease_secs: float
    output_bytes: int
    local_lease_secs: float | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Heartbeat:
    """A sign of life, which extends the worker's lease.

    Only with `lease` does the answer have the status `unknown` and `cancel`. `capabilities`, `languages` and `missing`
    replace those of the registration, when they have changed.
    """

    worker_id: uuid.UUID
    lease: bool = False
    capabilities: tuple[Annotated[str, Line()], ...] | None = attrs.field(default=None, metadata=ABSENT)
    missing: dict[str, str] = attrs.field(factory=dict, metadata=ABSENT)
    languages: tuple[str, ...] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class HeartbeatAnswer:
    """The steps to cancel. A worker that is `unknown` registers again. With `drain` it ends once it has no steps."""

    status: Literal["ok", "unknown"]
    cancel: tuple[StepAttempt, ...] | None = attrs.field(default=None, metadata=ABSENT)
    drain: bool = attrs.field(default=False, metadata=ABSENT)
