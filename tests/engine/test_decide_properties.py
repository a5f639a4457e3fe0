"""Whatever happens to a job, and in whatever order, it ends as the slow reference model says."""

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given, note, settings

from stroem.engine.plan import TaskPlan
from stroem.engine.requests import KeptVisits
from stroem.engine.values.state import ENDED
from tests.engine.plan_ends import KEYS, with_end
from tests.engine.plan_tree import Tree, plan_of
from tests.engine.plans_strategy import interruptions, orders, trees
from tests.engine.reference import Reference
from tests.engine.schedule import play
from tests.engine.simulation import Simulation

Interruptions = Sequence[tuple[int, str]]

MOST_STEPS = 2_000
"""More than any random plan needs: an engine that runs in a circle fails soon."""
HARMLESS = ("pause", "resume", "hold", "release", "signal", "repeat", "alarm", "return")
ANY = ("cancel", *HARMLESS)


def _play(
    plan: TaskPlan, order: Sequence[int], between: Interruptions, batch: int, kept: KeptVisits | None = None
) -> Simulation:
    simulation = Simulation(plan, kept=kept)
    try:
        play(simulation, order, between, batch)
    finally:
        note("\n".join(f"{at}. {text}" for at, text in enumerate(simulation.trace)))
        note(f"{simulation.status}: {simulation.outcomes()}")
    return simulation


def _assert_as_expected(simulation: Simulation, expected: Reference) -> None:
    outcomes = simulation.outcomes()
    assert outcomes == {path: fate.outcome for path, fate in expected.fates.items()}
    assert simulation.status == expected.outcome
    attempts = {path: fate.attempts for path, fate in expected.fates.items() if fate.attempts}
    paths = simulation.paths()
    made = {paths[s.id]: s.attempt for s in simulation.steps if simulation.node(s).kind == "action" and s.attempt}
    assert made == {path: count for path, count in attempts.items() if path in made}


@settings(max_examples=300, deadline=None)
@given(tree=trees(), order=orders(), between=interruptions(*HARMLESS), batch=st.integers(1, 4))
def test_a_job_ends_as_its_plan_says_in_whatever_order_things_happen(
    tree: Tree, order: list[int], between: Interruptions, batch: int
) -> None:
    """Every step that must exist does, once, with its outcome and its number of attempts."""
    plan = plan_of(tree, max_steps=MOST_STEPS)
    _assert_as_expected(_play(plan, order, between, batch), Reference(plan.nodes))


@settings(max_examples=300, deadline=None)
@given(tree=trees(timeouts=True), order=orders(), between=interruptions(*ANY), batch=st.integers(1, 4))
def test_a_job_ends_and_nothing_starts_against_the_rules_whatever_comes_between(
    tree: Tree, order: list[int], between: Interruptions, batch: int
) -> None:
    """The simulation and its store check each decision; see there. A cancelled job has no other end."""
    simulation = _play(plan_of(tree, max_steps=MOST_STEPS), order, between, batch)
    assert all(step.status in ENDED for step in simulation.steps)
    if simulation.store.job.cancel_reason is not None:
        assert simulation.status == "cancelled"


@settings(max_examples=200, deadline=None)
@given(tree=trees(), order=orders(), between=interruptions(*ANY), batch=st.integers(1, 4))
def test_a_job_is_cleaned_up_once_and_has_the_hooks_of_its_end_once(
    tree: Tree, order: list[int], between: Interruptions, batch: int
) -> None:
    """Also if everything that happened is repeated after its end; a second cancellation ends the cleanup."""
    plan = with_end(plan_of(tree, max_steps=MOST_STEPS))
    simulation = _play(plan, order, between, batch)
    assert [request.key for request in simulation.hooks] == [KEYS[simulation.status]]
    outcomes = [step.status for step in simulation.steps if simulation.node(step).final]
    if not simulation.store.job.ends_cleanup:
        assert outcomes == ["completed", "completed"]
    if simulation.store.job.cancel_reason is None:
        assert simulation.status == Reference(plan_of(tree, max_steps=MOST_STEPS).nodes).outcome
