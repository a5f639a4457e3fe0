"""Which visits are kept, and why others are not: examples."""

from typing import Any

import attrs
import pytest

from stroem.engine import events
from stroem.engine.plan import TaskPlan
from stroem.engine.reruns.former_steps import FormerStep, failures
from stroem.engine.reruns.node_pairs import node_pairs
from stroem.engine.reruns.selection import Selection, select
from stroem.interfaces.nodes import Edge, Node, Slot
from tests.engine.plan_tree import Dag, Do, Link, Loop, Machine, Try, plan_of, seq
from tests.engine.schedule import play, run
from tests.engine.simulation import Simulation
from tests.engine.test_decide_scopes import of


def finished(plan: TaskPlan) -> Simulation:
    job = Simulation(plan)
    play(job)
    return job


def rows(job: Simulation, **hiding: bool) -> list[FormerStep]:
    paths = job.paths()
    return [
        FormerStep(
            id=s.id,
            parent=s.parent,
            node=s.node,
            item=s.item,
            status=s.status,
            error=s.error,
            hides_secrets=hiding.get(paths[s.id], False),
        )
        for s in job.steps
    ]


def selected(job: Simulation, *names: str, plan: TaskPlan | None = None, **hiding: bool) -> Selection:
    """The selection for these steps to run again, with the plan of the job or another."""
    former = job.store.plan
    other = plan or former
    chosen = {job.step(name).id: "chosen" for name in names}
    return select(former, other, node_pairs(former, other), rows(job, **hiding), chosen)


def kept(job: Simulation, found: Selection) -> set[str]:
    paths = job.paths()
    return {paths[visit.step] for visit in found.kept.ended.values()}


def reasons(job: Simulation, found: Selection) -> dict[str, str]:
    paths = job.paths()
    return {paths[step]: reason for step, reason in found.again.items()}


def test_steps_behind_a_chosen_one_run_again() -> None:
    job = finished(plan_of(Dag("t", (Do("a"), Do("b"), Do("c"), Do("d")), (Link("a", "b"), Link("b", "c")))))
    found = selected(job, "b")
    assert kept(job, found) == {"a", "d"}
    assert reasons(job, found) == {"b": "chosen", "c": "it is behind 'b'"}


def test_steps_inside_groups_and_loops_are_kept_one_by_one() -> None:
    job = finished(
        plan_of(Dag("t", (seq("g", Do("a"), Do("b"), Do("c")), Loop("l", seq("m", Do("x"), Do("y")), [1, 2]))))
    )
    found = selected(job, "g.b", "l[1].y")
    assert kept(job, found) == {"g.a", "l[0]", "l[1].x"}
    assert reasons(job, found) == {"g.b": "chosen", "g.c": "it is behind 'b'", "l[1].y": "chosen"}
    whole = next(visit for visit in found.kept.ended.values() if visit.step == job.step("l[0]").id)
    assert [inner.step for inner in whole.inside] == [job.step("l[0].x").id, job.step("l[0].y").id]


def test_what_failed_or_was_cancelled_runs_again() -> None:
    """Not the groups around it: they only tell of it."""
    job = Simulation(plan_of(Dag("t", (seq("g", Do("a"), Do("b", does="fail")), Do("c", does="fail", optional=True)))))
    play(job)
    paths = job.paths()
    assert {paths[step]: why for step, why in failures(rows(job)).items()} == {
        "g.b": "it failed",
        "c": "it failed",
    }
    halted = Simulation(plan_of(Dag("t", (Do("a"), Do("b")))))
    halted.happen(events.Begin())
    halted.happen(halted.ended(halted.claim(halted.step("a"))))
    halted.happen(events.Cancel(reason="enough"))
    run(halted)
    again = {halted.paths()[step]: why for step, why in failures(rows(halted)).items()}
    assert again == {"b": "it was cancelled"}
    assert kept(halted, selected(halted)) == {"a"}


def test_rounds_behind_one_that_runs_again_are_dropped() -> None:
    job = finished(plan_of(Loop("l", Do("a"), rounds=3)))
    found = selected(job, "l[1]")
    assert kept(job, found) == {"l[0]"}
    assert reasons(job, found) == {"l[1]": "chosen", "l[2]": "it is behind another round"}


def test_visits_of_nodes_that_join_each_are_kept_only_with_all_around_them() -> None:
    job = finished(plan_of(Dag("t", (Machine("m", (Do("a"),)), Try("u", Do("b"), finish=Do("f")), Do("c")))))
    assert kept(job, selected(job, "c")) == {"m", "u"}
    found = selected(job, "m.a", "u.f")
    assert kept(job, found) == {"u.b", "c"}
    assert reasons(job, found)["m"] != ""


@pytest.mark.parametrize("more", [{"slot": Slot(key="k")}, {"fragment": "f"}])
def test_a_group_that_waits_for_a_slot_or_makes_its_plan_runs_again_as_a_whole(more: dict[str, Any]) -> None:
    plan = plan_of(Dag("t", (seq("g", Do("a"), Do("b")), Do("c"))))
    job = finished(plan)
    changed = attrs.evolve(plan, nodes=(attrs.evolve(plan.nodes[0], **more), *plan.nodes[1:]))
    found = select(changed, changed, node_pairs(changed, changed), rows(job), {job.step("g.b").id: "chosen"})
    assert kept(job, found) == {"c"}
    assert reasons(job, found) == {"g": "steps inside run again"}


def test_a_step_whose_output_lacks_secrets_runs_again_if_a_step_that_runs_reads_it() -> None:
    nodes = (
        Node(name="login", entry=True, edges=(Edge(to=1), Edge(to=2))),
        Node(name="use", incoming=1, reads=(0,)),
        Node(name="other", incoming=1),
    )
    job = finished(of(*nodes))
    assert kept(job, selected(job, "use", login=True)) == set()
    assert "has secrets" in reasons(job, selected(job, "use", login=True))["login"]
    assert kept(job, selected(job, "other", login=True)) == {"login", "use"}


def test_nodes_of_two_plans_are_paired_by_their_places() -> None:
    former = plan_of(Dag("t", (Do("gone"), seq("g", Do("a"), Do("b")), Do("c"))))
    plan = plan_of(Dag("t", (seq("g", Do("a"), Do("b", does="ok ok")), Do("new"), Do("c"))))
    pairs = node_pairs(former, plan)
    assert pairs.equal == {1: 0, 2: 1, 4: 4}
    assert {place: (one.kind, one.parts) for place, one in pairs.differences.items()} == {
        ("gone",): ("removed", ()),
        ("g", "b"): ("changed", ("action",)),
        ("new",): ("added", ()),
    }
    job = finished(former)
    found = selected(job, plan=plan)
    assert kept(job, found) == {"g.a", "c"}
    assert {place[1] for place in found.kept.ended} == {1, 4}
    assert found.unreached == {3: "the release adds it"}
    assert reasons(job, found)["g.b"] == "the release differs in action"


def test_a_dependency_that_is_added_is_a_difference() -> None:
    former = plan_of(Dag("t", (Do("a"), Do("b"), Do("c"))))
    plan = plan_of(Dag("t", (Do("a"), Do("b"), Do("c")), (Link("a", "b"),)))
    pairs = node_pairs(former, plan)
    assert {place: one.parts for place, one in pairs.differences.items()} == {("b",): ("dependencies", "entry")}
    assert pairs.equal == {0: 0, 2: 2}


def test_equal_plans_have_no_differences() -> None:
    first, second = (plan_of(seq("t", Do("a"), Do("b"))) for _ in range(2))
    assert node_pairs(first, second).differences == {}
