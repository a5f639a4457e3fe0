"""Examples of cancellations, pauses, signals, approvals, slots and re-runs, one rule of the engine each."""

from typing import Any

import attrs

from stroem.engine import events
from stroem.engine.changes import Message
from stroem.engine.requests import KeptVisit, KeptVisits
from stroem.engine.values.job_slots import JobSlot
from stroem.engine.values.state import JOB, JobState
from stroem.interfaces.nodes import Edge, Node
from tests.engine.plan_tree import Approval, Child, Dag, Do, Link, Loop, Machine, Signal, Try, Wait, plan_of, seq
from tests.engine.schedule import run
from tests.engine.simulation import Simulation
from tests.engine.test_decide_examples import begun, diamond, end, finished
from tests.engine.test_decide_scopes import of

CANCEL = events.Cancel(reason="enough", actor="ada")


def test_a_cancelled_job_ends_once_its_workers_have_ended_their_steps() -> None:
    job = begun(Dag("t", (Do("runs"), Do("is_ready"), Wait("waits"), Do("behind")), (Link("runs", "behind"),)))
    job.claim(job.step("runs"))
    changes = job.happen(CANCEL)
    assert job.outcomes() == {"runs": "running", "is_ready": "cancelled", "waits": "cancelled"}
    assert changes.cancels == [job.step("runs").id]
    assert job.status not in ("cancelled", "failed")
    job.happen(job.ended(job.step("runs"), "cancelled"))
    assert job.outcomes() == {"runs": "cancelled", "is_ready": "cancelled", "waits": "cancelled"}
    assert job.status == "cancelled"


def test_a_step_whose_worker_does_not_obey_a_cancellation_is_ended_in_its_place() -> None:
    job = begun(Do("a"))
    job.claim(job.step("a"))
    job.happen(CANCEL)
    job.happen(job.due(job.step("a")))
    assert (job.step("a").status, job.status) == ("cancelled", "cancelled")


def test_a_step_that_completes_after_the_cancellation_starts_nothing() -> None:
    job = begun(seq("t", Do("a"), Do("b")))
    job.claim(job.step("a"))
    job.happen(CANCEL)
    job.happen(job.ended(job.step("a"), "completed"))
    assert job.outcomes()["a"] == "completed"
    assert "b" not in job.outcomes()
    assert job.status == "cancelled"


def test_a_step_that_waits_for_its_next_attempt_is_not_revived_in_a_cancelled_job() -> None:
    job = begun(Dag("t", (Do("a", does="fail", attempts=9, delay=30), Do("b"))))
    due = job.claim(job.step("a"))
    job.claim(job.step("b"))
    job.happen(job.ended(due))
    job.happen(CANCEL)
    assert job.outcomes() == {"a": "cancelled", "b": "running"}
    job.happen(events.Due(step=due.id))
    job.happen(job.ended(job.step("b"), "failed"))
    assert job.step("b").status in ("failed", "cancelled"), "no attempt follows"
    assert job.status == "cancelled"


def test_a_cancelled_job_runs_its_cleanup() -> None:
    job = begun(Try("t", seq("body", Do("a"), Do("b")), Do("catch"), seq("finish", Do("x"), Do("y"))))
    job.claim(job.step("body.a"))
    job.happen(CANCEL)
    job.happen(job.ended(job.step("body.a"), "cancelled"))
    assert job.outcomes() == {"body": "cancelled", "body.a": "cancelled", "finish": "running", "finish.x": "ready"}
    end(job, "finish.x")
    end(job, "finish.y")
    assert job.outcomes()["finish"] == "completed"
    assert job.status == "cancelled"


def test_a_second_cancellation_ends_the_cleanup() -> None:
    job = begun(Try("t", Signal("body"), None, seq("finish", Do("x"), Do("y"))))
    job.happen(CANCEL)
    assert job.outcomes()["finish.x"] == "ready"
    job.happen(CANCEL)
    assert job.outcomes() == {"body": "cancelled", "finish": "cancelled", "finish.x": "cancelled"}
    assert job.status == "cancelled"


def test_a_cancelled_job_cancels_its_child_jobs() -> None:
    job = begun(Child("sub"))
    (child,) = job.children
    changes = job.happen(CANCEL)
    assert Message(kind="cancel", job=child) in [attrs.evolve(one, payload=None) for one in changes.messages]
    run(job)
    assert job.status == "cancelled"


def test_iterations_that_have_not_begun_end_with_a_cancelled_job() -> None:
    job = begun(Loop("l", Do("work"), items="items:5", limit=2))
    job.happen(CANCEL)
    assert set(job.outcomes().values()) == {"cancelled"}
    assert job.status == "cancelled"


def test_no_step_starts_during_a_pause_and_running_ones_go_on() -> None:
    job = begun(Dag("t", (Do("a"), Do("b"), Do("c")), (Link("a", "c"),)))
    job.claim(job.step("a"))
    job.happen(events.Pause(actor="ada"))
    assert (job.step("b").status, job.step("b").waits_for) == ("pending", "pause")
    job.happen(job.ended(job.step("a")))
    assert (job.step("a").status, job.step("c").status, job.step("c").waits_for) == ("completed", "pending", "pause")
    job.happen(events.Resume(actor="ada"))
    assert job.outcomes() == {"a": "completed", "b": "ready", "c": "ready"}


def test_a_timer_that_ends_during_a_pause_counts_and_starts_nothing() -> None:
    job = begun(seq("t", Wait("w"), Do("a")))
    job.happen(events.Pause())
    job.happen(job.due(job.step("w")))
    assert job.outcomes() == {"w": "completed", "a": "pending"}
    assert finished(seq("t", Wait("w"), Do("a"))).status == "completed"


def test_a_signal_ends_all_the_steps_that_wait_for_it_once() -> None:
    job = begun(Dag("t", (Signal("a"), Signal("b"), Signal("c", signal="other"), Do("d")), (Link("a", "d"),)))
    job.happen(job.signal("go", payload={"by": "ada"}))
    assert job.outcomes() == {"a": "completed", "b": "completed", "c": "suspended", "d": "ready"}
    assert job.store.outputs[job.step("a").id] == {"by": "ada"}
    job.happen(job.signal("go"))
    assert job.outcomes()["d"] == "ready"


def test_an_early_signal_is_kept_until_a_step_waits_for_it() -> None:
    job = begun(seq("t", Do("a"), Signal("s"), Signal("again")))
    early = job.signal("go", payload=1)
    assert job.happen(early).kept == [early.message]
    end(job, "a")
    assert job.outcomes() == {"a": "completed", "s": "completed", "again": "suspended"}
    assert job.store.outputs[job.step("s").id] == 1
    assert job.changes is not None
    assert job.changes.consumed == [early.message]
    job.happen(job.signal("go"))
    assert job.status == "completed"


def test_an_approval_completes_or_fails_as_the_person_answers() -> None:
    job = begun(seq("t", Approval("ask"), Do("a")))
    assert (job.step("ask").status, job.step("ask").waits_for) == ("suspended", "approval")
    job.happen(job.resolve(job.step("ask"), approved=True))
    assert job.outcomes() == {"ask": "completed", "a": "ready"}
    job.happen(job.resolve(job.step("ask"), approved=False))
    assert job.outcomes() == {"ask": "completed", "a": "ready"}, "the first answer counts"
    refused = begun(seq("t", Approval("ask"), Do("a")))
    refused.happen(refused.resolve(refused.step("ask"), approved=False))
    assert refused.outcomes() == {"ask": "failed", "a": "skipped"}


def test_steps_with_the_same_slot_run_one_after_the_other() -> None:
    job = begun(Dag("t", (Do("a", slot="db"), Do("b", slot="db"))))
    assert [step.waits_for for step in job.steps] == ["slot:db", "slot:db"]
    job.happen(job.granted(job.step("a")))
    assert job.outcomes() == {"a": "ready", "b": "pending"}
    end(job, "a")
    assert job.changes is not None
    assert job.changes.freed_slots == [job.step("a").id]
    assert run(job).status == "completed"


def test_a_step_that_waits_for_a_slot_ends_with_a_cancelled_job() -> None:
    job = begun(Dag("t", (Do("a", slot="db"), Do("b", slot="db"))))
    job.happen(job.granted(job.step("a")))
    job.happen(CANCEL)
    assert job.status == "cancelled"
    assert not job.slots


def test_a_step_that_requests_a_slot_and_ends_in_one_decision_is_not_in_line() -> None:
    job = Simulation(plan_of(Dag("t", (Do("a", slot="db"), Do("b", slot="db")))))
    changes = job.happen(events.Begin(), CANCEL)
    assert job.status == "cancelled"
    assert not changes.wanted_slots


def test_a_job_that_requests_a_slot_and_ends_in_one_decision_is_not_in_line() -> None:
    job = Simulation(plan_of(Do("a")))
    job.store.job = attrs.evolve(job.store.job, slots=(JobSlot(key="db", size=1), JobSlot(key="disk", size=1)))
    assert list(job.happen(events.Begin()).wanted_slots) == [JOB]
    changes = job.happen(events.Granted(step=JOB, key="db"), CANCEL)
    assert job.status == "cancelled"
    assert (changes.freed_slots, changes.wanted_slots) == ([JOB], {})


def test_a_step_that_was_paused_with_its_slot_goes_on() -> None:
    job = begun(Do("a", slot="db"))
    job.happen(job.granted(job.step("a")))
    job.happen(events.Pause())
    job.happen(events.Resume())
    assert run(job).status == "completed"


def _again(former: Simulation, plan: Any, *names: str) -> Simulation:
    """A job run again, whose outermost steps of these names are kept."""
    ended = {
        (0, step.node, 0): KeptVisit(outcome=step.status, step=step.id)  # type: ignore[arg-type]
        for step in former.steps
        if former.node(step).name in names and step.parent == 0
    }
    simulation = Simulation(plan, kept=KeptVisits(ended=ended))
    simulation.happen(events.Begin())
    return simulation


def test_a_job_that_is_run_again_from_a_step_keeps_the_outcomes_of_the_others() -> None:
    former = finished(diamond(b=Do("b", does="fail")))
    job = _again(former, plan_of(diamond()), "a", "c")
    assert job.outcomes() == {"a": "completed", "b": "ready", "c": "completed", "d": "pending"}
    assert job.changes is not None
    copied = {one.step: one.kept.step for one in job.changes.retained}
    assert copied == {job.step(name).id: former.step(name).id for name in ("a", "c")}
    end(job, "b")
    end(job, "d")
    assert job.status == "completed"


def test_a_failure_that_is_kept_still_fails_the_job() -> None:
    former = finished(Dag("t", (Do("a", does="fail"), Do("b"))))
    job = run(_again(former, plan_of(Dag("t", (Do("a"), Do("b")))), "a"))
    assert job.outcomes() == {"a": "failed", "b": "completed"}
    assert job.status == "failed"


def test_templates_see_the_results_of_the_nodes_that_they_read() -> None:
    look = {"a": "status:0", "out": "output:0", "later": "status:2"}
    nodes = (
        Node(name="a", entry=True, edges=(Edge(to=1),)),
        Node(name="look", kind="assign", incoming=1, reads=(0, 2), input=look),  # type: ignore[arg-type]
        Node(name="later", entry=True),
    )
    job = Simulation(of(*nodes))
    job.happen(events.Begin())
    step = job.claim(job.step("a"))
    job.happen(job.ended(step, "completed", output={"n": 7}))
    assert job.store.outputs[job.step("look").id] == {"a": "completed", "out": {"n": 7}, "later": None}


def test_a_write_sees_the_output_of_its_step_and_stands_in_the_context_of_its_scope() -> None:
    nodes = (
        Node(name="set", kind="assign", entry=True, input={"x": 1}, writes={"key": "own"}, edges=(Edge(to=1),)),
        Node(name="read", kind="assign", incoming=1, when="below:n:1"),
    )
    job = Simulation(of(*nodes))
    job.happen(events.Begin())
    assert job.store.job.context == {"key": {"x": 1}}
    assert job.evaluated[-1].scope.context == {"key": {"x": 1}}


def test_iterations_see_their_item_and_those_inside_it_too() -> None:
    job = finished(Loop("l", Machine("m", (Do("a"),), rounds=1), items=["x", "y"], limit=1))
    seen = [one.scope for one in job.evaluated if one.scope.in_loop]
    assert {(scope.item, scope.index, scope.total) for scope in seen} == {("x", 0, 2), ("y", 1, 2)}


def test_a_job_that_stays_in_one_place_starts_its_other_steps_once_it_has_a_worker() -> None:
    job = Simulation(attrs.evolve(plan_of(Dag("t", (Do("a"), Do("b")))), mode="local"))
    job.store.job = JobState(is_local=True)
    job.happen(events.Begin())
    assert job.outcomes() == {"a": "ready", "b": "pending"}
    assert job.step("b").waits_for == "worker"
    job.claim(job.step("a"))
    job.happen(events.Placed(worker_id="w1"))
    assert (job.step("b").status, job.step("b").worker_id) == ("ready", "w1")
