"""Examples of loops, blocks and state machines, one rule of the engine each."""

import datetime

from stroem.engine import events
from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import ROOT, Edge, Node
from tests.engine.plan_tree import Child, Do, Loop, Machine, Signal, Try, Wait, plan_of, seq
from tests.engine.schedule import run
from tests.engine.simulation import Simulation
from tests.engine.test_decide_examples import begun, end, finished


def of(*nodes: Node, max_steps: int = 100_000) -> TaskPlan:
    """A plan of nodes written by hand."""
    return TaskPlan(task="t", nodes=nodes, actions={}, max_steps=max_steps)


def test_a_loop_runs_at_most_limit_iterations_at_once() -> None:
    job = begun(Loop("l", Do("work"), items="items:40", limit=16))
    states = [step.status for step in job.steps[1:]]
    assert states == ["ready"] * 16 + ["pending"] * 24
    assert {step.waits_for for step in job.steps[17:]} == {"turn"}
    end(job, "l[3]", "l[4]")
    assert [path for path, status in job.outcomes().items() if status == "ready"][-2:] == ["l[16]", "l[17]"]
    run(job)
    assert [step.value for step in job.steps[1:]] == list(range(40))
    assert job.status == "completed"


def test_a_loop_of_bodies_with_two_steps() -> None:
    job = finished(Loop("l", seq("body", Do("x"), Do("y")), items="items:2", limit=1))
    order = [path for path in job.outcomes() if "." in path]
    assert order == ["l[0].x", "l[0].y", "l[1].x", "l[1].y"]
    assert set(job.outcomes().values()) == {"completed"}


def test_an_empty_loop_is_skipped_and_one_of_no_list_fails() -> None:
    assert finished(Loop("l", Do("a"), items=[])).outcomes() == {"l": "skipped"}
    assert finished(Loop("l", Do("a"), items="items:0")).status == "completed"
    assert finished(Loop("l", Do("a"), items="text")).outcomes() == {"l": "failed"}


def test_a_loop_of_more_items_or_rounds_than_it_may_have_fails() -> None:
    assert finished(Loop("l", Do("a"), items="items:4", most=3)).outcomes() == {"l": "failed"}
    assert finished(Loop("l", Do("a"), items="items:3", most=3)).status == "completed"
    job = finished(Loop("l", Do("a"), rounds=5, most=3))
    assert job.outcomes() == {"l": "failed", "l[0]": "completed", "l[1]": "completed", "l[2]": "completed"}


def test_a_loop_that_stops_skips_the_iterations_behind_a_failure() -> None:
    job = finished(Loop("l", Do("a", does="odd"), items="items:4", limit=1, stops=True))
    expected = {"l[0]": "completed", "l[1]": "failed", "l[2]": "skipped", "l[3]": "skipped"}
    assert job.outcomes() == {"l": "failed", **expected}
    others = finished(Loop("l", Do("a", does="odd"), items="items:4", limit=1))
    assert [step.status for step in others.steps[1:]] == ["completed", "failed"] * 2


def test_a_failure_that_does_not_count_stops_no_loop() -> None:
    job = finished(Loop("l", Do("a", does="odd", optional=True), items="items:3", limit=1, stops=True))
    assert job.outcomes() == {"l": "completed", "l[0]": "completed", "l[1]": "failed", "l[2]": "completed"}


def test_a_while_loop_asks_after_each_round_for_one_more() -> None:
    job = begun(Loop("l", Do("poll"), rounds=3))
    for number in range(3):
        assert list(job.outcomes()) == ["l", *(f"l[{one}]" for one in range(number + 1))]
        end(job, f"l[{number}]")
    assert job.status == "completed"


def test_a_state_machine_goes_back_through_a_wait() -> None:
    job = finished(Machine("m", (Do("poll"), Wait("pause", seconds=60)), rounds=3))
    assert [path for path in job.outcomes() if path.startswith("po")] == ["poll", "poll~2", "poll~3"]
    assert job.now - job.now.replace(hour=0, minute=0) == datetime.timedelta(minutes=3)
    assert job.outcomes()["final"] == "completed"
    assert job.store.job.context == {"n_m": 3}


def test_each_run_of_a_block_has_a_context_of_its_own() -> None:
    job = finished(Loop("l", Machine("m", (Do("a"),), rounds=2), items="items:2", limit=1))
    assert [path for path in job.outcomes() if ".a" in path] == ["l[0].a", "l[0].a~2", "l[1].a", "l[1].a~2"]


def _tried(body: str, catch: str) -> Simulation:
    return finished(Try("t", Do("body", does=body), Do("catch", does=catch), Do("finish")))


def test_try_without_a_failure_leaves_out_the_catch() -> None:
    job = _tried("ok", "ok")
    assert job.outcomes() == {"body": "completed", "finish": "completed"}
    assert job.status == "completed"


def test_a_failure_that_is_caught_does_not_fail_the_job() -> None:
    job = _tried("fail", "ok")
    assert job.outcomes() == {"body": "failed", "catch": "completed", "finish": "completed"}
    assert job.status == "completed"


def test_a_failure_of_the_catch_fails_the_job_after_the_finish() -> None:
    job = _tried("fail", "fail")
    assert job.outcomes() == {"body": "failed", "catch": "failed", "finish": "completed"}
    assert job.status == "failed"


def test_the_timeout_of_a_loop_ends_everything_inside_it() -> None:
    inner = seq("inner", Signal("wait"), Do("never"))
    job = begun(seq("t", Loop("l", inner, items="items:2", limit=1, timeout=20), Do("behind")))
    job.happen(job.due(job.step("l")))
    inside = {"l[0]": "cancelled", "l[1]": "cancelled", "l[0].wait": "cancelled"}
    assert job.outcomes() == {"l": "failed", **inside, "behind": "skipped"}
    assert job.status == "failed"


def test_a_block_that_closes_waits_for_its_workers() -> None:
    job = begun(Loop("l", Do("work"), items="items:2", timeout=20))
    running = job.claim(job.step("l[0]"))
    job.happen(job.due(job.step("l")))
    assert job.changes is not None
    assert job.changes.cancels == [running.id]
    assert job.outcomes() == {"l": "running", "l[0]": "running", "l[1]": "cancelled"}
    job.happen(job.ended(job.step("l[0]"), "cancelled"))
    assert job.outcomes()["l"] == job.status == "failed"


def test_a_child_job_ends_the_step_that_started_it() -> None:
    job = begun(seq("t", Child("sub"), Do("a")))
    (child,) = job.children
    assert job.step("sub").waits_for == f"job:{child}"
    job.happen(job.child_ended(child))
    assert job.outcomes() == {"sub": "completed", "a": "ready"}


def test_a_child_job_that_failed_is_started_again() -> None:
    job = finished(Child("sub", does="fail ok", attempts=2))
    assert [child.attempt for child in job.children.values()] == [1, 2]
    assert job.status == "completed"
    assert finished(Child("sub", does="refused")).outcomes() == {"sub": "failed"}


def test_a_block_opens_a_plan_that_arrives_at_run_time() -> None:
    inner = plan_of(seq("p", Do("x"), Do("y")))
    block = Node(name="open", kind="block", fragment="plan-1", edges=(Edge(to=1),), entry=True)
    job = run(Simulation(of(block, Node(name="after", incoming=1)), fragments={"plan-1": inner}))
    assert job.outcomes() == {"open": "completed", "open.x": "completed", "open.y": "completed", "after": "completed"}
    assert job.status == "completed"


def test_a_plan_that_cannot_be_opened_fails_its_block() -> None:
    block = Node(name="open", kind="block", fragment="nothing", entry=True)
    assert run(Simulation(of(block))).outcomes() == {"open": "failed"}


def test_a_join_that_can_never_complete_fails_by_name() -> None:
    choice = Node(name="pick", kind="choice", entry=True, edges=(Edge(to=1, test="true"), Edge(to=2)))
    one, other = (Node(name=name, join="each", incoming=1, edges=(Edge(to=3),)) for name in ("one", "other"))
    job = run(Simulation(of(choice, one, other, Node(name="both", incoming=2))))
    assert job.outcomes() == {"pick": "completed", "one": "completed", "both": "failed"}
    assert job.step("both").error
    assert job.status == "failed"


def test_a_state_machine_that_never_ends_is_ended_by_the_limit_of_steps() -> None:
    forever = Node(name="again", kind="assign", parent=ROOT, entry=True, join="each", incoming=1, edges=(Edge(to=0),))
    job = Simulation(of(forever, max_steps=50))
    job.happen(events.Begin())
    assert job.status == "failed"
    assert len(job.steps) <= 50
    assert job.store.job.error
