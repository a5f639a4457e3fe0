"""Changes that the engine decided. They are written in one transaction."""

from collections.abc import Iterator
from typing import Literal

import attrs

from stroem.definitions.limit import Rate
from stroem.definitions.values import Json
from stroem.engine.requests import KeptVisit
from stroem.engine.values.state import JobState, Step
from stroem.interfaces.step_error import ErrorKind


@attrs.frozen(kw_only=True)
class Transition:
    """A change of a step for the history; step 0 is the job."""

    step: int
    status: str
    attempt: int
    waits_for: str | None
    cause: str
    actor: str | None = None
    detail: str | None = None


@attrs.frozen(kw_only=True)
class FormerAttempt:
    """A failed attempt that is followed by another."""

    step: int
    attempt: int
    error: str | None
    error_kind: ErrorKind | None = None
    exit_code: int | None = None


@attrs.frozen(kw_only=True)
class Collect:
    """The output of a scope (0: of the job) from those of the steps inside.

    - `map`: the outputs of `nodes`, under the given names; of several steps of a node, the last. Without an output, a
      node is left out.
    - `list`: the outputs in the order of the items, null for items without one.
    - `last`: the output of the step `source`.
    """

    step: int
    how: Literal["map", "list", "last"]
    nodes: dict[int, str] = attrs.Factory(dict)
    source: int = 0


@attrs.frozen(kw_only=True)
class Copied:
    """A copy of an output to `step`.

    From `source_step` of another job, `source_job`; or, if that is 0, the output of the child job `source_job`.
    """

    step: int
    source_job: str
    source_step: int = 0


@attrs.frozen(kw_only=True)
class Retained:
    """A step that takes over the visit `kept`. The ids of the steps copied inside begin at `first`."""

    step: int
    kept: KeptVisit
    first: int


@attrs.frozen(kw_only=True)
class CacheKey:
    """The digest of all that makes a step what it is, and the seconds for which its result may be used again."""

    digest: str
    ttl: int


@attrs.frozen(kw_only=True)
class CacheHit:
    """A step that takes the result of an earlier one: `source_step`, with the path `source_name`, of `source_job`."""

    step: int
    source_job: str
    source_step: int
    source_name: str


@attrs.frozen(kw_only=True)
class Message:
    """A message to another job; to the parent of this one if `job` is None.

    `hook`: a hook of that job failed. `supersede`: it is cancelled, unless it is being cancelled already.
    """

    kind: Literal["cancel", "supersede", "ended", "hook", "pause", "resume"]
    job: str | None = None
    payload: Json = None


@attrs.frozen(kw_only=True)
class Reminder:
    """A reminder, the `number`th `of` so many, that a step waits for a person."""

    step: int
    number: int
    of: int


@attrs.frozen(kw_only=True)
class SlotRequest:
    """A step, or the job (0), that waits for a slot of a key.

    There are `size` slots, None for the number that is stored; `rate` bounds how often one is taken. `is_told`: a
    message comes if none is free at once.
    """

    step: int
    key: str
    size: int | None
    rate: Rate | None = None
    is_told: bool = False


@attrs.define(kw_only=True)
class Changes:
    """The consequences of events for one job.

    - `made`: new steps. `changed`: other steps, each with its status before: its row must still have it.
    - `outputs`: outputs that the engine gives. `collects`, `copies`: outputs that the store makes of other outputs.
    - `retained`: steps taken over from the job that is run again: output, input and times are those there.
    - `ended`: steps that ended. `ready`: steps that entered the queue, in this order.
    - `cache_keys`: of steps that are to run. `cached`: steps whose results are kept under these. `cache_hits`: steps
      that take an earlier result.
    - `former`: attempts that failed and are followed by another.
    - `children`: ids of child jobs and jobs of hooks to create. `messages`: to other jobs.
    - `retry`: the id of the job to create that repeats this one.
    - `notes`: lines of the server for the log of the job. `reminders`: events that people are told of.
    - `consumed`: kept signals that a step has taken. `kept`: signals of this decision that no step waited for.
    - `wanted_slots`: by owner, the slot that it waits for at the end of the decision. `freed_slots`: owners that
      first give back those that they have, or leave the line.
    - `history`: in the order of the changes.
    """

    job: JobState
    made: dict[int, Step] = attrs.Factory(dict)
    changed: dict[int, tuple[str, Step]] = attrs.Factory(dict)
    accepted: list[int] = attrs.Factory(list)
    """Steps for which an `Ended` or `Resolve` event counted."""
    ended: list[int] = attrs.Factory(list)
    outputs: dict[int, Json] = attrs.Factory(dict)
    collects: list[Collect] = attrs.Factory(list)
    copies: list[Copied] = attrs.Factory(list)
    retained: list[Retained] = attrs.Factory(list)
    ready: list[int] = attrs.Factory(list)
    cache_keys: dict[int, CacheKey] = attrs.Factory(dict)
    cached: list[int] = attrs.Factory(list)
    cache_hits: list[CacheHit] = attrs.Factory(list)
    former: list[FormerAttempt] = attrs.Factory(list)
    messages: list[Message] = attrs.Factory(list)
    children: list[str] = attrs.Factory(list)
    retry: str | None = None
    notes: list[str] = attrs.Factory(list)
    reminders: list[Reminder] = attrs.Factory(list)
    consumed: list[int] = attrs.Factory(list)
    kept: list[int] = attrs.Factory(list)
    wanted_slots: dict[int, SlotRequest] = attrs.Factory(dict)
    freed_slots: list[int] = attrs.Factory(list)
    history: list[Transition] = attrs.Factory(list)
    cancels: list[int] = attrs.Factory(list)
    """Running steps that their workers are asked to end."""

    @property
    def steps(self) -> Iterator[Step]:
        """The new and the changed steps."""
        yield from self.made.values()
        for _, step in self.changed.values():
            yield step

    def want_slot(self, request: SlotRequest) -> None:
        """Puts an owner into the line for a slot."""
        self.wanted_slots[request.step] = request

    def free_slots(self, owner: int) -> None:
        """Gives back the slots of an owner, and what it has requested in this decision."""
        self.wanted_slots.pop(owner, None)
        self.freed_slots.append(owner)

    def step(self, step_id: int) -> Step:
        """A new or changed step."""
        made = self.made.get(step_id)
        return made if made is not None else self.changed[step_id][1]
