"""Whatever happens to a job, and in whatever order, it ends as the slow reference model says."""

from collections.abc import Sequence

import hypothesis.strategies as st
from hypothesis import given, note, settings

from stroem.engine import events
from stroem.engine.plan import TaskPlan
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
HARMLESS = ("pause", "resume", "hold", "release", "signal", "repeat", "alarm")
ANY = ("cancel", *HARMLESS)


def _play(plan: TaskPlan, order: Sequence[int], between: Interruptions, batch: int, **begin: object) -> Simulation:
    simulation = Simulation(plan)
    try:
        play(simulation, order, between, batch, events.Begin(**begin))  # type: ignore[arg-type]
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


@settings(max_examples=150, deadline=None)
@given(tree=trees(), order=orders(), between=interruptions(*HARMLESS), data=st.data())
def test_a_job_that_is_run_again_from_a_step_does_not_run_the_steps_that_are_not_behind_it(
    tree: Tree, order: list[int], between: Interruptions, data: st.DataObject
) -> None:
    plan = plan_of(tree, max_steps=MOST_STEPS)
    former = _play(plan, (), (), 1)
    outermost = [number for number, node in enumerate(plan.nodes) if node.parent < 0]
    again = _behind(plan, data.draw(st.sampled_from(outermost), label="run again from"))
    kept = {s.node: events.Kept(outcome=s.status, step=s.id) for s in former.steps if s.parent == 0}  # type: ignore[arg-type]
    kept = {node: one for node, one in kept.items() if node not in again}
    simulation = _play(plan, order, between, 1, kept=kept)
    _assert_as_expected(simulation, Reference(plan.nodes, kept={node: one.outcome for node, one in kept.items()}))
    for step in simulation.steps:
        if step.parent == 0 and step.node in kept:
            assert not [child for child in simulation.steps if child.parent == step.id]
            assert step.attempt == 0


def _behind(plan: TaskPlan, first: int) -> set[int]:
    """A node and all that come after it."""
    behind = {first}
    for number in range(len(plan.nodes)):
        if number in behind:
            behind |= {edge.to for edge in plan.nodes[number].edges}
    return behind
