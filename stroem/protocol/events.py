"""Events of event sources, from the output of consumers to the server."""

import uuid
from typing import Annotated

import attrs

from stroem.conversion.constraints import Range
from stroem.conversion.unstructure import ABSENT
from stroem.definitions.values import Json
from stroem.protocol.steps import WireStepId

EVENT_BYTES = 256 * 1024
"""The most bytes of an event's data as compact JSON."""

ID_CHARS = 255
"""The most characters of an event's id."""

MOST_EVENTS = 100
"""The most events of a batch."""

HOLD_SECS = 25
"""The longest time for which the server holds events while too many jobs are live."""


@attrs.frozen(kw_only=True)
class EventSourceConfig:
    """The trigger that the events of a claimed step fire. `source_id` is `{workspace}/{trigger}`.

    `env` are further variables of the step, `input_defaults` inputs that an event does not give. A server that takes
    batches names with `batch_events` the most events of one.
    """

    target_task: str
    source_id: str
    input_defaults: dict[str, Json] = attrs.Factory(dict)
    max_in_flight: int | None = None
    env: dict[str, str] = attrs.Factory(dict)
    backoff_secs: int = 5
    consecutive_failures: int = 0
    batch_events: Annotated[int, Range(at_least=1)] | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class SourceEvent:
    """An event that a step has written: the event `number`, from 0, of its attempt.

    An event that cannot start a job has a `problem`, the reason, and instead of `data` the start of its `text`; `size`
    is its size in bytes.
    """

    number: Annotated[int, Range(at_least=0)]
    id: str | None = attrs.field(default=None, metadata=ABSENT)
    data: dict[str, Json] = attrs.field(factory=dict, metadata=ABSENT)
    problem: str | None = attrs.field(default=None, metadata=ABSENT)
    text: str = attrs.field(default="", metadata=ABSENT)
    size: int = attrs.field(default=0, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class EventWriter:
    """The attempt of a step that has written events."""

    job_id: uuid.UUID
    step_id: WireStepId | None = attrs.field(default=None, metadata=ABSENT)
    step_name: str
    attempt: int

    def key(self, event: SourceEvent) -> str:
        """The key of an event among those of its trigger: its id, else its place in the output of the attempt."""
        if event.id is not None:
            return event.id
        step = self.step_name if self.step_id is None else self.step_id
        return f"event {event.number} of {self.job_id}/{step}/{self.attempt}"


@attrs.frozen(kw_only=True)
class EventBatch:
    """Events of one attempt, in order. `waiting` is the number of those that follow.

    One without events asks whether there is room for more jobs.
    """

    source_id: str
    writer: EventWriter
    events: tuple[SourceEvent, ...] = ()
    waiting: int = 0


@attrs.frozen(kw_only=True)
class EventProblem:
    """An event that went to the dead letters, and why."""

    number: int
    reason: str


@attrs.frozen(kw_only=True)
class SettledEvents:
    """The first `settled` events of a batch have jobs, or need none; the others are to be sent again.

    `room` is the number of further jobs that may be live, None without a limit.
    """

    settled: int
    room: int | None = None
    problems: tuple[EventProblem, ...] = ()


@attrs.frozen(kw_only=True)
class Emission:
    """An event of the plain contract: the complete input of a job of `task`. `event_id` makes it count once."""

    workspace: str
    task: str
    input: Json = None
    source_id: str
    event_id: str | None = attrs.field(default=None, metadata=ABSENT)


@attrs.frozen(kw_only=True)
class Emitted:
    """The job of an event; None if it starts none. `duplicate` is true if its id was seen before."""

    job_id: uuid.UUID | None
    duplicate: bool = attrs.field(default=False, metadata=ABSENT)
