"""Blockers: what a job or one of its steps waits for, with the details of its kind."""

import datetime
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import attrs

from stroem.definitions.amounts import shown
from stroem.engine.plan import TaskPlan
from stroem.engine.slots.limits import limit_noun
from stroem.engine.values.state import APPROVAL, CHILD, DEPENDENCIES, JOB, PAUSE, PLACEMENT, RETRY, SIGNAL, SLOT, TIMER
from stroem.interfaces.nodes import ROOT
from stroem.redaction.redactor import Redactor
from stroem.rights.reach import Reach, is_reached
from stroem.server.api.waiting.reasons import held_reason, lack, waiting_reason
from stroem.store.jobs.blocked_steps import BlockedStep
from stroem.store.jobs.needs import WorkerOffer, need_of
from stroem.store.limits.lines import KeyState, LineOwner
from stroem.store.limits.slots import Owner

Kind = Literal[
    "slot", "rate", "pause", "start", "worker", "queue", "placement", "dependencies", "turn", "retry", "timer",
    "signal", "approval", "job", "other",
]  # fmt: skip


@attrs.frozen(kw_only=True)
class SlotOwner:
    """A job or step that holds a slot or waits for it, since then."""

    job_id: uuid.UUID
    workspace: str
    task: str
    step: str | None
    since: datetime.datetime


@attrs.frozen(kw_only=True)
class Blocker:
    """A reason for which the job (`step` is null) or a step waits. `text` is for people.

    Further fields depend on `kind`; those of other kinds are null. `slot`, `rate`: `limit`, `size`, `held_by` and
    `ahead` owners (`ahead_count` in all, at most 1000), `rate` and `opens_at`. `pause`: `by`. `worker`: `ability`,
    `tags` and `resources` that no active worker has. `queue`: `ahead_count` steps, null for 1000 or more.
    `dependencies`: `steps`. `turn`: `count` iterations of the loop. `signal`: `name`. `job`: `job_id` of the child.
    `until` is the time at which the wait ends by itself.
    """

    step: str | None
    kind: Kind
    text: str
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    limit: str | None = None
    size: int | None = None
    rate: str | None = None
    opens_at: datetime.datetime | None = None
    held_by: tuple[SlotOwner, ...] = ()
    ahead: tuple[SlotOwner, ...] = ()
    ahead_count: int | None = None
    by: str | None = None
    ability: str | None = None
    tags: tuple[str, ...] = ()
    resources: dict[str, str] = attrs.Factory(dict)
    steps: tuple[str, ...] = ()
    count: int | None = None
    name: str | None = None
    job_id: uuid.UUID | None = None
    attempt: int | None = None


@attrs.frozen(kw_only=True)
class Lines:
    """States of keys of slots, the numbers of owners before others in line, and names of the owners' steps."""

    names: Mapping[Owner, str]
    states: Mapping[str, KeyState]
    ahead: Mapping[Owner, int]


@attrs.frozen(kw_only=True)
class Known(Lines):
    """Rows read for the blockers of a job."""

    job_id: uuid.UUID
    workspace: str
    plan: TaskPlan
    places: Mapping[int, int]
    ended: frozenset[tuple[int, int]]
    offers: Sequence[WorkerOffer]
    fails_after: int


def masked(found: Blocker, redactor: Redactor, reach: Reach | None) -> Blocker:
    """The blocker without secrets, and without owners of slots that are not reached.

    Keys of limits and names of signals are made from values of the job.
    """
    text, limit, name = redactor.text(found.text), redactor.optional(found.limit), redactor.optional(found.name)
    held_by, ahead = (
        tuple(one for one in owners if is_reached(reach, one.workspace, one.task))
        for owners in (found.held_by, found.ahead)
    )
    return attrs.evolve(found, text=text, limit=limit, name=name, held_by=held_by, ahead=ahead)


def slot_blocker(known: Lines, owner: Owner, waits_for: str, step: str | None) -> Blocker:
    """The blocker of an owner that waits for a slot: its holders, or the window of its rate."""
    key = waits_for.removeprefix(SLOT)
    state = known.states.get(key)
    noun = limit_noun(key)
    if state is None:
        return Blocker(step=step, kind="slot", text=f"Waiting for a slot of {noun}", limit=key)
    ahead = known.ahead.get(owner, 0)
    own = next((one for one in state.line if (one.job_id, one.step) == owner), None)
    is_rate = state.held < state.size and state.opens_at is not None
    line = tuple(_owner(one, known.names) for one in state.line[:ahead])
    rate = None if state.rate is None else f"{state.rate.starts} per {state.rate.secs}s"
    if is_rate:
        text = f"{noun[0].upper()}{noun[1:]} allows {rate}: its window is full"
    else:
        text = f"No slot of {noun} is free: {state.held} of {state.size} are taken"
    return Blocker(
        step=step,
        kind="rate" if is_rate else "slot",
        text=text + (f", and {ahead} {'are' if ahead > 1 else 'is'} before in line" if ahead else ""),
        since=None if own is None else own.since,
        limit=key,
        size=state.size,
        rate=rate,
        opens_at=state.opens_at,
        held_by=tuple(_owner(one, known.names) for one in state.holders),
        ahead=line,
        ahead_count=ahead,
    )


def _owner(one: LineOwner, names: Mapping[Owner, str]) -> SlotOwner:
    step = names.get((one.job_id, one.step)) if one.step else None
    return SlotOwner(job_id=one.job_id, workspace=one.workspace, task=one.task, step=step, since=one.since)


def step_blocker(known: Known, row: BlockedStep) -> Blocker:
    """The blocker of a step."""
    name = known.names.get((known.job_id, row.id), "")
    node = known.plan.node(row.node)
    until = row.expires_at if row.status == "suspended" else row.due_at
    text = held_reason(row.status, row.waits_for, until) or "Waiting"
    waits_for = row.waits_for or ""
    if row.status == "ready":
        return _queued(known, row, name)
    if waits_for.startswith(SLOT):
        return slot_blocker(known, (known.job_id, row.id), waits_for, name)
    if waits_for.startswith(SIGNAL):
        signal = waits_for.removeprefix(SIGNAL)
        return Blocker(step=name, kind="signal", text=text, since=row.started_at, until=until, name=signal)
    if waits_for.startswith(CHILD):
        child = uuid.UUID(waits_for.removeprefix(CHILD))
        text = f"Waiting for the end of job {child} of task {node.task!r}"
        return Blocker(step=name, kind="job", text=text, since=row.started_at, until=until, job_id=child)
    if waits_for == DEPENDENCIES:
        return dependencies(known, row.parent, row.node, name)
    if waits_for == RETRY:
        return Blocker(step=name, kind="retry", text=text, until=until, attempt=row.attempt + 1)
    kind = _KINDS.get(waits_for, "other")
    return Blocker(step=name, kind=kind, text=text, since=row.started_at, until=until)


_KINDS: Mapping[str, Kind] = {PAUSE: "pause", PLACEMENT: "placement", TIMER: "timer", APPROVAL: "approval"}


def _queued(known: Known, row: BlockedStep, name: str) -> Blocker:
    node = known.plan.node(row.node)
    need = need_of(node.ability, node.tags, node.resources)
    text = waiting_reason(need, known.offers, known.fails_after, known.workspace)
    needed = {"ability": need.ability, "tags": need.tags, "resources": shown(need.resources)}
    if lack(need, known.offers, known.workspace) is not None:
        return Blocker(step=name, kind="worker", text=text, since=row.ready_at, **needed)  # type: ignore[arg-type]
    ahead = known.places.get(row.id)
    if row.worker_id is not None:
        text = "Waiting for the worker on which the job stays"
    else:
        before = "1000 steps or more are" if ahead is None else "1 step is" if ahead == 1 else f"{ahead} steps are"
        text = f"{text}; {before} before it in the queue"
    return Blocker(step=name, kind="queue", text=text, since=row.ready_at, ahead_count=ahead, **needed)  # type: ignore[arg-type]


def dependencies(known: Known, scope: int, node: int, name: str) -> Blocker:
    """The blocker of a step that waits for others beside it."""
    plan = known.plan
    waited = [plan.node(one).name for one in plan.dependencies[node] if (scope, one) not in known.ended]
    text = f"Waiting for {', '.join(map(repr, waited))}" if waited else "Waiting for the steps before it"
    return Blocker(step=name, kind="dependencies", text=text, steps=tuple(waited))


def unvisited(known: Known, visited: frozenset[int]) -> Iterator[Blocker]:
    """The blockers of steps outside of blocks and loops that none of their dependencies has reached."""
    for number in known.plan.children(ROOT):
        node = known.plan.node(number)
        if number not in visited and (JOB, number) not in known.ended and not node.final:
            yield dependencies(known, JOB, number, node.name)


def turns(known: Known, counts: Mapping[int, int]) -> Iterator[Blocker]:
    """The blockers of iterations before their turn, one for each loop."""
    for loop, count in counts.items():
        name = known.names.get((known.job_id, loop), "")
        text = f"{count} iterations wait for their turn"
        yield Blocker(step=name, kind="turn", text=text, count=count)
