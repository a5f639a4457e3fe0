"""Requests for jobs."""

import uuid
from collections.abc import Mapping, Sequence

import attrs

from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.values.job_slots import JobSlot
from stroem.records.release import Release
from stroem.store.jobs.volumes import KeptVolume


@attrs.frozen(kw_only=True)
class StartRequest:
    """Request for one run of a task of a release.

    The task need not know the inputs in `optional_input`. With `source_job_id`, a job of the same workspace, secret and
    connection fields that show the redaction marker take the values of that job's input. With `restart`, only some of
    its steps run again. `secrets` are further ones to hide in the input. With `no_cache` no earlier results of steps
    are used. Without a `priority`, that of the task counts. The steps of `pause_before` are paused from the start, by
    `actor`. A job that only `looks_up` something has no hooks and no retry, and at most `timeout_secs`. `slots` are
    taken before those of its task; templates see the keys of `context`. With `consumer_env`, templates over secrets, it
    is a consumer: its actions have these further variables. Steps that
    share a folder go on in the `volume` of an earlier job.
    """

    task: str
    definitions: Definitions
    release: Release
    raw_input: Mapping[str, Json]
    optional_input: frozenset[str] = frozenset()
    source_type: str = "api"
    source_id: str | None = None
    source_job_id: uuid.UUID | None = None
    looks_up: bool = False
    timeout_secs: int | None = None
    restart: Json = None
    secrets: Sequence[Json] = ()
    no_cache: bool = False
    priority: int | None = None
    pause_before: tuple[str, ...] = ()
    actor: str | None = None
    slots: tuple[JobSlot, ...] = ()
    context: dict[str, Json] | None = None
    consumer_env: Mapping[str, str] | None = None
    volume: KeptVolume | None = None
