"""Requests to fire triggers, and their results."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from typing import Literal

import attrs

from stroem.definitions.values import Json
from stroem.interfaces.triggers.trigger_type import Fire

Verdict = Literal["started", "filtered", "duplicate", "debounced", "failed", "refused"]
"""The outcome of a fire. `failed`: its job could not be created; `refused`: its trigger is not live."""


@attrs.frozen(kw_only=True)
class FireRequest:
    """Request for a fire of a trigger.

    One by hand has an `actor`, and fires also while the trigger is paused or disabled; `given` are inputs that replace
    those of the trigger. A `settled` fire is of a debounce that has ended: it is neither filtered nor debounced again.
    The job of a fire that `takes_turns` waits for a live job of the trigger, unless `concurrency` is `allow`.
    """

    workspace: str
    trigger: str
    fire: Fire
    actor: str | None = None
    settled: bool = False
    takes_turns: bool = False
    given: Mapping[str, Json] = attrs.Factory(dict)


def event_of(given: Mapping[str, Json], context: Mapping[str, Json]) -> dict[str, Json]:
    """An entry of `events`: the inputs of a fire and its roots beside `trigger`; without others, the facts in that."""
    rest = {key: value for key, value in context.items() if key != "trigger"}
    about = context.get("trigger")
    return {**given, **(rest or (about if isinstance(about, Mapping) else {}))}


def with_events(fire: Fire, events: Sequence[Json]) -> Fire:
    """The fire of a debounce, with the fires that it stands for."""
    found: dict[str, Json] = {"events": list(events)}
    return attrs.evolve(fire, input={**fire.input, **found}, context={**fire.context, **found})


@attrs.frozen(kw_only=True)
class Fired:
    """Result of a fire. A duplicate has the job and the time of the first with its key. `reason` is without secrets."""

    request: FireRequest
    verdict: Verdict
    job_id: uuid.UUID | None = None
    reason: str | None = None
    first_at: datetime.datetime | None = None
    warnings: tuple[str, ...] = ()
