"""The messages between workers and the server."""

import uuid
from collections.abc import Sequence

import attrs

from stroem.definitions.values import Json
from stroem.orchestrator.jobs.claimer import Asker, Offer


@attrs.frozen(kw_only=True)
class Registration:
    """A worker that comes up. `previous` is the id under which the same worker ran before."""

    name: str
    capabilities: Sequence[str]
    tags: Sequence[str] = ()
    exclusive: bool = False
    version: str | None = None
    previous: uuid.UUID | None = None


@attrs.frozen(kw_only=True)
class Outcome:
    """How a step has ended, as its worker tells it."""

    job_id: uuid.UUID
    step: str
    attempt: int | None = None
    exit_code: int | None = None
    output: Json = None
    error: str | None = None
    cancelled: bool = False


@attrs.frozen(kw_only=True)
class Lines:
    """A run of log lines, as a worker tells it; see LogChunk. `is_clean` are lines of ours that hold no secrets."""

    job_id: uuid.UUID
    step: str
    lines: int
    data: bytes
    attempt: int | None = None
    chunk: int | None = None
    is_clean: bool = False


@attrs.frozen(kw_only=True)
class HeldStep:
    """An attempt of a step that a worker has."""

    job_id: uuid.UUID
    step: str
    attempt: int


@attrs.frozen(kw_only=True)
class Exchange:
    """One journey of a worker: what it has to tell, and how many steps it can take. `wait_secs` is how long it
    will wait when there is nothing."""

    asker: Asker
    max_steps: int
    wait_secs: float = 0
    outcomes: Sequence[Outcome] = ()
    lines: Sequence[Lines] = ()
    holding: Sequence[HeldStep] | None = None


@attrs.frozen(kw_only=True)
class ExchangeAnswer:
    """What a worker gets: steps to run, and steps of its own to end."""

    offers: tuple[Offer, ...] = ()
    cancel: tuple[HeldStep, ...] = ()
