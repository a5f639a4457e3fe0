"""Claimed steps that their workers give back."""

import attrs

from stroem.engine import events
from tests.engine.plan_tree import Do, plan_of, seq
from tests.engine.simulation import Simulation
from tests.engine.test_decide_examples import begun


def test_a_returned_step_is_ready_again_and_its_attempt_does_not_count() -> None:
    job = begun(Do("a", does="fail ok", attempts=2, delay=30))
    step = job.claim(job.step("a"))
    changes = job.happen(events.Returned(step=step.id))
    assert changes.ready == [step.id]
    again = job.step("a")
    assert (again.status, again.attempt, again.worker_id, again.due_at) == ("ready", 0, None, None)
    job.happen(job.ended(job.claim(again)))
    assert (job.step("a").status, job.step("a").waits_for) == ("pending", "retry")


def test_a_returned_step_that_is_to_be_cancelled_ends() -> None:
    job = begun(seq("t", Do("a"), Do("b")))
    step = job.claim(job.step("a"))
    job.happen(events.Cancel(reason="enough"))
    job.happen(events.Returned(step=step.id))
    assert (job.step("a").status, job.status) == ("cancelled", "cancelled")


def test_a_step_that_is_returned_to_a_paused_job_is_held() -> None:
    job = begun(Do("a"))
    step = job.claim(job.step("a"))
    job.happen(events.Pause())
    job.happen(events.Returned(step=step.id))
    assert (job.step("a").status, job.step("a").waits_for) == ("pending", "pause")
    job.happen(events.Resume())
    assert job.step("a").status == "ready"


def test_a_step_of_a_local_job_is_returned_to_the_queue_of_its_worker() -> None:
    job = Simulation(attrs.evolve(plan_of(Do("a")), mode="local"))
    job.store.job.is_local = True
    job.happen(events.Begin())
    step = job.claim(job.step("a"))
    job.happen(events.Returned(step=step.id))
    assert (job.step("a").status, job.step("a").worker_id) == ("ready", "w1")
    assert job.store.job.worker_id == "w1"


def test_a_return_of_a_step_that_has_ended_changes_nothing() -> None:
    job = begun(Do("a"))
    job.happen(job.ended(job.claim(job.step("a"))))
    assert job.status == "completed"
    assert not job.happen(events.Returned(step=job.step("a").id)).changed
