"""A local job fails as a whole with its worker."""

from collections.abc import Sequence

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, note, settings

from stroem.engine import events
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import ENDED, JobState
from stroem.interfaces.nodes import Edge, Node, RetryPolicy
from tests.engine.plan_ends import with_end
from tests.engine.plan_tree import Tree, plan_of
from tests.engine.plans_strategy import interruptions, orders, trees
from tests.engine.schedule import play
from tests.engine.simulation import Simulation
from tests.engine.test_decide_scopes import of

_ALL = ("completed", "failed", "skipped", "cancelled")
LOST = "Worker lost: w1 stopped renewing its lease"


def local(plan: TaskPlan) -> Simulation:
    job = Simulation(attrs.evolve(plan, mode="local"))
    job.store.job = JobState(is_local=True)
    return job


def begun(retry: RetryPolicy | None = None) -> Simulation:
    """A job that runs `a` and `b` on a worker, with `c` behind `a` and `clean` at its end."""
    job_retry = RetryPolicy(attempts=2)
    nodes = (
        Node(name="a", entry=True, retry=RetryPolicy(attempts=3), optional=True, edges=(Edge(to=2, on=_ALL),)),
        Node(name="b", entry=True, retry=RetryPolicy(attempts=3)),
        Node(name="c", incoming=1),
        Node(name="clean", entry=True, final=True),
        Node(name="tidy", entry=True, final=True),
    )
    job = local(attrs.evolve(of(*nodes), retry=retry or job_retry))
    job.happen(events.Begin())
    job.claim(job.step("a"))
    job.happen(events.Placed(worker_id="w1"))
    job.claim(job.step("b"))
    return job


def lost(job: Simulation, name: str) -> events.Ended:
    step = job.step(name)
    return events.Ended(
        step=step.id,
        outcome="failed",
        attempt=step.attempt or None,
        worker_id=step.worker_id,
        error=LOST,
        error_kind="worker_lost",
        was=step.status,
        cause="lost",
    )


def test_a_lost_worker_fails_the_job_and_no_step_is_tried_again() -> None:
    job = begun()
    job.happen(lost(job, "a"), lost(job, "b"))
    assert job.outcomes() == {"a": "failed", "b": "cancelled", "clean": "ready", "tidy": "pending"}
    assert (job.store.job.error, job.step("a").error_kind, job.step("a").attempt) == (LOST, "worker_lost", 1)
    assert job.retries == []


def test_the_cleanup_runs_on_another_worker_and_then_the_job_is_repeated() -> None:
    job = begun()
    job.happen(lost(job, "a"), lost(job, "b"))
    assert (job.store.job.worker_id, job.step("clean").worker_id) == (None, None)
    job.worker = 2
    job.claim(job.step("clean"))
    job.happen(events.Placed(worker_id="w2"))
    assert (job.store.job.worker_id, job.step("tidy").worker_id) == ("w2", "w2")
    job.claim(job.step("tidy"))
    job.happen(job.ended(job.step("clean"), "completed"), job.ended(job.step("tidy"), "completed"))
    assert (job.status, job.store.job.error, len(job.retries)) == ("failed", LOST, 1)


def test_steps_that_are_lost_one_after_another_hold_the_cleanup_back_until_the_last() -> None:
    job = begun()
    job.happen(lost(job, "b"))
    assert job.outcomes() == {"a": "running", "b": "failed"}
    job.happen(lost(job, "a"))
    assert job.step("clean").status == "ready"
    assert job.store.job.worker_id is None


def test_a_step_of_the_lost_worker_that_ends_late_does_not_bring_the_job_back_to_it() -> None:
    job = begun()
    job.happen(lost(job, "b"))
    job.happen(job.ended(job.step("a"), "completed"))
    assert (job.store.job.worker_id, job.step("clean").worker_id, job.step("clean").status) == (None, None, "ready")


def test_a_step_that_waited_for_the_lost_worker_fails_the_job() -> None:
    job = begun()
    job.happen(job.ended(job.step("a"), "completed"))
    job.happen(job.ended(job.step("b"), "completed"))
    job.happen(attrs.evolve(lost(job, "c"), worker_id=None, cause="unmatched"))
    assert (job.step("c").status, job.store.job.error, job.step("clean").status) == ("failed", LOST, "ready")


def test_cleanup_that_waited_for_the_lost_worker_goes_to_another() -> None:
    job = begun()
    for name in ("a", "b"):
        job.happen(job.ended(job.step(name), "completed"))
    job.claim(job.step("c"))
    job.happen(job.ended(job.step("c"), "completed"))
    assert (job.step("clean").status, job.step("clean").worker_id) == ("ready", "w1")
    job.happen(attrs.evolve(lost(job, "clean"), worker_id=None, cause="unmatched"))
    assert (job.step("clean").status, job.step("tidy").status) == ("ready", "pending")
    assert job.step("tidy").waits_for == "worker"
    assert job.step("clean").worker_id is None
    assert job.store.job.error == LOST


def test_a_step_that_its_worker_reports_as_lost_is_tried_again_there() -> None:
    job = begun()
    job.happen(attrs.evolve(lost(job, "a"), cause="outcome"))
    assert (job.store.job.error, job.store.job.worker_id) == (None, "w1")
    assert (job.step("a").status, job.step("a").waits_for, job.step("b").status) == ("pending", "retry", "running")


@pytest.mark.parametrize("is_local", [True, False])
def test_only_local_jobs_are_lost_as_a_whole(is_local: bool) -> None:
    job = begun()
    job.store.job.is_local = is_local
    job.happen(lost(job, "b"))
    assert (job.store.job.error is None, job.step("b").status) == (not is_local, "failed" if is_local else "pending")


def test_a_cancelled_job_is_cancelled_also_if_its_worker_is_lost() -> None:
    job = begun()
    job.happen(events.Cancel(reason="enough"))
    job.happen(lost(job, "a"), lost(job, "b"))
    assert (job.step("clean").status, job.step("clean").worker_id, job.store.job.error) == ("ready", None, None)


@settings(max_examples=200, deadline=None)
@given(
    tree=trees(),
    order=orders(),
    between=interruptions("cancel", "pause", "resume", "hold", "release", "repeat", "return"),
    batch=st.integers(1, 4),
)
def test_a_local_job_ends_in_whatever_order_its_workers_are_lost(
    tree: Tree, order: list[int], between: Sequence[tuple[int, str]], batch: int
) -> None:
    job = local(with_end(plan_of(tree, max_steps=2_000)))
    try:
        play(job, order, between, batch)
    finally:
        note("\n".join(f"{at}. {text}" for at, text in enumerate(job.trace)))
        note(f"{job.status}: {job.outcomes()}")
    assert all(step.status in ENDED for step in job.steps)
    if any(step.error_kind == "worker_lost" for step in job.steps):
        assert job.status == ("failed" if job.store.job.cancel_reason is None else "cancelled")
