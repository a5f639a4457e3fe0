"""However steps end, and in whatever order, a job comes to the end that its graph says."""

from collections.abc import Mapping

import hypothesis.strategies as st
from hypothesis import given

from stroem.definitions.action import Action
from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.engine.compile import make_plan
from stroem.engine.decide import Waiting, job_status, reach, settle
from stroem.engine.plan import TaskPlan


@st.composite
def graphs(draw: st.DrawFn) -> TaskPlan:
    """A plan of up to twelve steps, some of which go on after failures."""
    size = draw(st.integers(1, 12))
    flow = {}
    for at in range(size):
        dependencies = draw(st.sets(st.integers(0, at - 1), max_size=4)) if at else set()
        flow[f"s{at}"] = Step(
            action="a", depends_on=tuple(f"s{d}" for d in sorted(dependencies)), continue_on_failure=draw(st.booleans())
        )
    definitions = Definitions(tasks={"t": Task(flow=flow)}, actions={"a": Action(type="script", script="true")})
    return make_plan("t", definitions, {})


def expected(plan: TaskPlan, failing: set[int]) -> dict[int, str]:
    """What must become of each step, read off the graph: dependencies stand before their dependents."""
    fates: dict[int, str] = {}
    for position, step in enumerate(plan.steps):
        broken = any(fates[dependency] != "completed" for dependency in step.depends_on)
        if broken and not step.continue_on_failure:
            fates[position] = "skipped"
        else:
            fates[position] = "failed" if position in failing else "completed"
    return fates


class Run:
    """A job run in memory: settles ends in the order and in the batches it is told."""

    def __init__(self, plan: TaskPlan) -> None:
        self.plan = plan
        self.status = {at: "pending" if step.depends_on else "ready" for at, step in enumerate(plan.steps)}
        self.counters = {at: Waiting(unmet=len(step.depends_on), broken=0) for at, step in enumerate(plan.steps)}

    def ready(self) -> list[int]:
        return [at for at, status in self.status.items() if status == "ready"]

    def end(self, ends: Mapping[int, str]) -> None:
        self.status.update(ends)
        good = [at for at, status in ends.items() if status == "completed"]
        bad = [at for at, status in ends.items() if status != "completed"]
        known = reach(self.plan, good, bad)
        waiting = {at: self.counters[at] for at in known if self.status[at] == "pending"}
        settlement = settle(self.plan, good, bad, waiting)
        assert settlement.counters.keys() <= known
        self.counters |= settlement.counters
        self.status.update(dict.fromkeys(settlement.ready, "ready"))
        self.status.update(dict.fromkeys(settlement.skipped, "skipped"))


@given(graphs(), st.sets(st.integers(0, 11)), st.randoms(use_true_random=False))
def test_every_order_of_ends_comes_to_the_same(plan: TaskPlan, failing: set[int], random: object) -> None:
    run = Run(plan)
    while ready := run.ready():
        batch = random.sample(ready, random.randint(1, len(ready)))  # type: ignore[attr-defined]
        run.end({at: "failed" if at in failing else "completed" for at in batch})
    assert run.status == expected(plan, failing)


@given(graphs())
def test_a_step_is_ready_only_when_all_it_depends_on_has_ended(plan: TaskPlan) -> None:
    run = Run(plan)
    while ready := run.ready():
        for at in ready:
            assert all(run.status[dependency] != "pending" for dependency in plan.steps[at].depends_on)
        run.end({ready[0]: "completed"})


def test_a_long_chain_behind_a_failure_is_skipped_in_one_go() -> None:
    flow = {f"s{at}": Step(action="a", depends_on=(f"s{at - 1}",) if at else ()) for at in range(10_000)}
    definitions = Definitions(tasks={"t": Task(flow=flow)}, actions={"a": Action(type="script", script="true")})
    plan = make_plan("t", definitions, {})
    waiting = {at: Waiting(unmet=1, broken=0) for at in reach(plan, [], [0])}
    assert len(settle(plan, [], [0], waiting).skipped) == 9_999


@given(st.integers(0, 3), st.integers(0, 3), st.none() | st.just("asked"))
def test_the_status_of_a_job_follows_from_its_steps(still_open: int, failed: int, reason: str | None) -> None:
    status = job_status(still_open, failed, reason)
    assert (status is None) == (still_open > 0)
    if not still_open:
        assert status == ("cancelled" if reason else "failed" if failed else "completed")


@given(graphs(), st.data())
def test_one_end_after_the_other_comes_to_the_same_as_all_at_once(plan: TaskPlan, data: st.DataObject) -> None:
    together, apart = Run(plan), Run(plan)
    ends = {at: data.draw(st.sampled_from(["completed", "failed", "cancelled"])) for at in together.ready()}
    together.end(ends)
    for at, status in ends.items():
        apart.end({at: status})
    assert together.status == apart.status
    for at, status in together.status.items():
        if status == "pending":
            assert together.counters[at] == apart.counters[at]
