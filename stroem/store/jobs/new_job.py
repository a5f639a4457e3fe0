"""A job to create."""

import uuid

import attrs

from stroem.definitions.values import Json
from stroem.engine.values.job_slots import JobSlot
from stroem.engine.values.state import Hold


@attrs.frozen(kw_only=True)
class SealedInput:
    """An encrypted raw input, and the `shown` one that is stored beside it: without secrets."""

    shown: Json
    envelope: bytes


@attrs.frozen(kw_only=True)
class NewJob:
    """A job to create. `input` is redacted; of `raw_input`, with a `sealed_input` that is stored.

    `files` is the digest of the manifest of its release; `timeout_secs` counts from now; `step_timeout_secs` is for
    steps that set none. A child job has a parent job and step, and the root of its tree. `hook_of` is the job of which
    it is a hook; templates see the keys of `context`. `retry_of` is the job that it repeats, after `starts_in_secs`.
    With `restart` it runs steps of `source_job_id` again, and keeps the others.
    The steps of a job with `volume_keep_secs` share a folder, kept for that time after its end: one of its own, or that
    of `volume_job`, which is on the worker `worker_id`.
    With `no_cache` its steps run although there are earlier results.
    `slots` are those that it takes before it begins, `shared` the keys of those that its ancestors have.
    """

    id: uuid.UUID
    workspace: str
    task: str
    mode: str
    source_type: str
    source_id: str | None
    source_job_id: uuid.UUID | None
    release_id: int
    revision: str
    files: str
    plan: str
    raw_input: Json
    input: Json
    sealed_input: SealedInput | None = None
    timeout_secs: int | None
    step_timeout_secs: int | None = None
    priority: int = 0
    parent_job: uuid.UUID | None = None
    parent_step: int | None = None
    root_job: uuid.UUID | None = None
    depth: int = 0
    hook_of: uuid.UUID | None = None
    context: dict[str, Json] | None = None
    retry_of: uuid.UUID | None = None
    retry_attempt: int = 0
    max_retries: int | None = None
    starts_in_secs: float | None = None
    restart: Json = None
    no_cache: bool = False
    slots: tuple[JobSlot, ...] = ()
    shared: frozenset[str] = frozenset()
    holds: tuple[Hold, ...] = ()
    volume_keep_secs: int | None = None
    volume_job: uuid.UUID | None = None
    worker_id: uuid.UUID | None = None
