"""Steps that fit together into what is free of a worker's resources."""

import uuid
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stroem.definitions.amounts import Amounts
from stroem.orchestrator.placement.fitting_claims import HOLD_SECS, choose
from stroem.store.jobs.candidates import Candidate

_JOB = uuid.UUID(int=1)
NAMES = ("cpu", "license", "memory")
needs = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 8), max_size=3).map(
    lambda one: tuple(sorted(one.items()))
)
offers = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 12)))


def candidate(number: int, need: int, *, priority: int = 0, waited: float = 0, nth: int = 1) -> Candidate:
    return Candidate(step_id=(_JOB, number), need=need, priority=priority, is_locked=True, waited=waited, nth=nth)


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[Candidate], dict[int, Amounts]]:
    taking = {number: draw(needs) for number in range(draw(st.integers(1, 4)))}
    found = []
    for number in range(draw(st.integers(0, 12))):
        need = draw(st.sampled_from(sorted(taking)))
        nth = 1 + sum(one.need == need for one in found)
        waited = draw(st.sampled_from([0.0, HOLD_SECS, 2 * HOLD_SECS]))
        found.append(candidate(number, need, priority=draw(st.integers(0, 1)), waited=waited, nth=nth))
    return sorted(found, key=lambda one: (one.priority, one.nth)), taking


def sums(
    found: Sequence[Candidate], chosen: Sequence[tuple[uuid.UUID, int]], taking: dict[int, Amounts]
) -> dict[str, int]:
    taken = dict.fromkeys(NAMES, 0)
    for one in found:
        if one.step_id in chosen:
            for name, amount in taking[one.need]:
                taken[name] += amount
    return taken


@given(queues(), offers, st.integers(1, 8))
def test_what_is_chosen_fits_together(
    queue: tuple[list[Candidate], dict[int, Amounts]], free: dict[str, int], limit: int
) -> None:
    found, taking = queue
    chosen = choose(found, taking, free, limit)
    assert len(set(chosen.steps)) == len(chosen.steps) <= limit
    taken = sums(found, chosen.steps, taking)
    assert all(taken[name] <= free[name] for name in NAMES)


@given(queues(), offers)
def test_nothing_is_left_that_fits_unless_it_is_kept_for_a_step_that_waits_for_long(
    queue: tuple[list[Candidate], dict[int, Amounts]], free: dict[str, int]
) -> None:
    found, taking = queue
    chosen = choose(found, taking, free, 100)
    taken = sums(found, chosen.steps, taking)
    held = [
        one
        for one in found
        if one.nth == 1 and one.waited >= HOLD_SECS and any(amount > free[name] for name, amount in taking[one.need])
    ]
    for one in found:
        if one.step_id in chosen.steps or any(one.priority >= other.priority for other in held):
            continue
        assert any(amount > free[name] - taken[name] for name, amount in taking[one.need])


def test_a_large_step_that_has_waited_for_long_is_not_overtaken_any_more() -> None:
    taking = {1: (("cpu", 4000),), 2: (("cpu", 1000),), 3: (("license", 1000),), 4: ()}
    free = {"cpu": 2000, "license": 1000}
    others = [candidate(2, 2), candidate(3, 3), candidate(4, 4)]
    young, old = candidate(1, 1, waited=HOLD_SECS - 1), candidate(1, 1, waited=HOLD_SECS)
    assert [step for _, step in choose([young, *others], taking, free, 8).steps] == [2, 3, 4]
    assert [step for _, step in choose([old, *others], taking, free, 8).steps] == [3, 4]
    urgent = candidate(5, 2, priority=-1)
    assert [step for _, step in choose([urgent, old, *others], taking, free, 8).steps] == [5, 3, 4]
    idle = {"cpu": 4000, "license": 1000}
    assert [step for _, step in choose([*others, young], taking, idle, 8).steps] == [2, 3, 4]
    assert [step for _, step in choose([*others, old], taking, idle, 8).steps] == [1, 3, 4]
    assert [step for _, step in choose([*others, old], taking, idle, 1).steps] == [2]  # its turn comes
