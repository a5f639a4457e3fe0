"""Claims of workers whose resources are limited: steps are handed out as far as they fit."""

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from stroem.definitions.amounts import Amounts, fits
from stroem.engine.values.state import ENDING_SECS
from stroem.orchestrator.notifier import LongPoll
from stroem.orchestrator.placement.queue_needs import Suiting
from stroem.store.jobs import candidates, claims
from stroem.store.jobs.candidates import Candidate
from stroem.store.jobs.claims import Claimed
from stroem.store.jobs.steps import StepId
from stroem.store.statement import Connection

HOLD_SECS = 15.0
"""Seconds after which what a step lacks is no longer given to others."""


@attrs.frozen(kw_only=True)
class Chosen:
    """The chosen steps, and what is left for others."""

    steps: tuple[StepId, ...]
    room: Mapping[str, int]


def choose(found: Sequence[Candidate], taking: Mapping[int, Amounts], free: Mapping[str, int], limit: int) -> Chosen:
    """Chooses up to `limit` candidates, in their order, that fit together into what is free.

    One step that has waited for `HOLD_SECS` is not overtaken any more, the longest waiting of those that lack room: if
    it fits alone, it goes first in its priority. If not, what it takes is kept for it: no other of its priority, or of
    a lesser one, gets that, and the step fits once running steps have ended.
    """
    overdue = [one for one in found if one.nth == 1 and one.waited >= HOLD_SECS and one.need in taking]
    if held := _longest([one for one in overdue if not fits(taking[one.need], free)]):
        return _greedy(found, taking, free, limit, held)
    chosen = _greedy(found, taking, free, limit)
    if len(chosen.steps) < limit and (first := _longest([one for one in overdue if one.step_id not in chosen.steps])):
        found = sorted(found, key=lambda one: (one.priority, one is not first))
        return _greedy(found, taking, free, limit)
    return chosen


def _greedy(
    found: Sequence[Candidate],
    taking: Mapping[int, Amounts],
    free: Mapping[str, int],
    limit: int,
    held: Candidate | None = None,
) -> Chosen:
    kept = dict(taking[held.need]) if held else {}
    left, chosen = dict(free), list[StepId]()
    for one in found:
        need = taking.get(one.need, ())
        is_behind = held is not None and one.priority >= held.priority
        if one.is_locked and len(chosen) < limit and fits(need, _room(left, kept if is_behind else {})):
            chosen.append(one.step_id)
            for name, amount in need:
                left[name] -= amount
    return Chosen(steps=tuple(chosen), room=_room(left, kept))


def _longest(found: Sequence[Candidate]) -> Candidate | None:
    return max(found, key=lambda one: one.waited, default=None)


def fitting(suiting: Suiting, room: Mapping[str, int]) -> tuple[int, ...]:
    """The ids of needs for which there is room."""
    return tuple([number for number in suiting.ids if fits(suiting.taking.get(number, ()), room)])


async def free_amounts(connection: Connection, poll: LongPoll) -> dict[str, int]:
    """What the running steps of a worker leave free of its resources."""
    taken = (await candidates.taken_amounts(connection, [poll.worker_id])).get(poll.worker_id, {})
    return {name: amount - taken.get(name, 0) for name, amount in poll.resources}


async def claim_fitting(
    connection: Connection, poll: LongPoll, suiting: Suiting, limit: int, local_secs: int
) -> tuple[Claimed, frozenset[int]]:
    """Claims up to `limit` steps that fit together; returns also the needs for which there is no room now.

    Steps of local jobs may go on for `local_secs` without the server.
    """
    await candidates.lock_worker(connection, poll.worker_id)
    free = await free_amounts(connection, poll)
    able = fitting(suiting, free)
    unable = set(suiting.ids).difference(able)
    found = await candidates.list_candidates(
        connection, poll.worker_id, able, unable, limit=limit, workspaces=poll.workspaces
    )
    chosen = choose(found, suiting.taking, free, limit)
    unfit = frozenset(suiting.ids).difference(fitting(suiting, chosen.room))
    known = set(chosen.steps)
    left = Counter(one.need for one in found if one.is_locked and one.step_id not in known)
    heads = Counter(one.need for one in found if poll.woken and not one.is_locked)  # the news was for another worker
    taken = Claimed()
    if chosen.steps:
        taken = await claims.claim_these(
            connection, poll.worker_id, chosen.steps, grace_secs=ENDING_SECS, local_secs=local_secs
        )
    return attrs.evolve(taken, left=left + heads), unfit


def _room(left: Mapping[str, int], kept: Mapping[str, int]) -> dict[str, int]:
    return {name: amount - kept.get(name, 0) for name, amount in left.items()}
