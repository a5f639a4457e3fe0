"""A job that runs another again in part ends as the slow reference model says, from any steps of any plan."""

import hypothesis.strategies as st
from hypothesis import event, given, note, settings

from stroem.engine.plan import TaskPlan
from stroem.engine.requests import KeptVisits
from stroem.engine.reruns.former_steps import FormerStep, failures
from stroem.engine.reruns.node_pairs import node_pairs
from stroem.engine.reruns.selection import select
from tests.engine.plan_tree import Tree, plan_of
from tests.engine.plans_strategy import interruptions, orders, trees
from tests.engine.reference import Reference
from tests.engine.schedule import play
from tests.engine.simulation import Simulation

MOST_STEPS = 2_000
HARMLESS = ("pause", "resume", "signal", "repeat", "alarm")


def _rows(job: Simulation) -> list[FormerStep]:
    """The steps of an ended job."""
    return [
        FormerStep(id=s.id, parent=s.parent, node=s.node, item=s.item, status=s.status, error=s.error)
        for s in job.steps
    ]


def _select(job: Simulation, plan: TaskPlan, chosen: dict[int, str]) -> KeptVisits:
    return select(plan, plan, node_pairs(plan, plan), _rows(job), chosen).kept


def _kept_paths(job: Simulation, kept: KeptVisits) -> dict[str, str]:
    paths = job.paths()
    return {paths[visit.step]: visit.outcome for visit in kept.ended.values()}


@settings(max_examples=300, deadline=None)
@given(
    tree=trees(),
    order=orders(),
    before=interruptions("cancel", *HARMLESS),
    between=interruptions(*HARMLESS),
    batch=st.integers(1, 4),
    data=st.data(),
)
def test_a_job_runs_again_from_any_steps_and_keeps_the_others(
    tree: Tree,
    order: list[int],
    before: list[tuple[int, str]],
    between: list[tuple[int, str]],
    batch: int,
    data: st.DataObject,
) -> None:
    """Kept visits are never run: they have no attempt, and nothing happens inside them. The rest is as in any job."""
    plan = plan_of(tree, max_steps=MOST_STEPS)
    former = Simulation(plan)
    play(former, order, before)
    ids = [step.id for step in former.steps]
    chosen = dict.fromkeys(data.draw(st.sets(st.sampled_from(ids), max_size=3)) if ids else (), "chosen")
    if data.draw(st.booleans()):
        chosen |= failures(_rows(former))
    kept = _select(former, plan, chosen)
    event(f"kept: {min(len(kept.ended), 5)}, around: {min(len(kept.around), 3)}")
    _assert_chosen_run(former, kept, chosen)
    again = Simulation(plan, kept=kept)
    try:
        play(again, order, between, batch)
    finally:
        note(f"former {former.status}: {former.outcomes()}")
        note(f"kept {_kept_paths(former, kept)}, around {kept.around}")
        note("\n".join(again.trace))
    expected = Reference(plan.nodes, kept=_kept_paths(former, kept))
    assert again.outcomes() == {path: fate.outcome for path, fate in expected.fates.items()}
    assert again.status == expected.outcome
    _assert_not_run(again, _kept_paths(former, kept))


def _assert_chosen_run(former: Simulation, kept: KeptVisits, chosen: dict[int, str]) -> None:
    """Neither a chosen step nor anything around it is kept as a whole."""
    ended = {visit.step for visit in kept.ended.values()}
    for one in chosen:
        at = one
        while at:
            assert at not in ended
            at = former.store.steps[at].parent


def _assert_not_run(again: Simulation, kept: dict[str, str]) -> None:
    for step_id, path in again.paths().items():
        step = again.store.steps[step_id]
        if path in kept and step.status == kept[path]:
            assert not again.store.children(step_id)
            assert step.attempt == 0


@settings(max_examples=100, deadline=None)
@given(tree=trees(), order=orders())
def test_a_job_of_which_nothing_is_chosen_ends_as_before_without_running_anything(tree: Tree, order: list[int]) -> None:
    """Only steps that may run several times do, and those behind them."""
    plan = plan_of(tree, max_steps=MOST_STEPS)
    former = Simulation(plan)
    play(former, order)
    kept = _select(former, plan, {})
    again = Simulation(plan, kept=kept)
    play(again, order)
    assert again.status == former.status
    outermost = [step for step in former.steps if step.parent == 0]
    if all(former.node(step).join == "all" for step in outermost):
        assert {step.node: step.status for step in again.steps} == {step.node: step.status for step in outermost}
        assert not any(step.attempt for step in again.steps if again.node(step).kind != "choice")
