"""Examples of what follows the end of a job: cleanup, hooks and retries."""

import datetime

import attrs

from stroem.engine import events
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import JobState
from stroem.interfaces.nodes import RetryPolicy
from tests.engine.plan_ends import hook, with_end
from tests.engine.plan_tree import Dag, Do, plan_of, seq
from tests.engine.schedule import run
from tests.engine.simulation import Simulation

GOOD, BAD = seq("t", Do("a")), seq("t", Do("a", "fail"))


def failing(**more: object) -> TaskPlan:
    return attrs.evolve(with_end(plan_of(BAD)), **more)


def test_cleanup_starts_after_the_last_step_of_the_flow() -> None:
    job = Simulation(with_end(plan_of(GOOD)))
    job.happen(events.Begin())
    assert job.outcomes() == {"a": "ready"}
    job.happen(job.ended(job.claim(job.step("a"))))
    assert job.outcomes() == {"a": "completed", "clean": "ready"}
    assert not job.hooks
    run(job)
    assert (job.status, [one.key for one in job.hooks]) == ("completed", ["on_success"])


def test_cleanup_is_no_part_of_the_output() -> None:
    job = run(Simulation(with_end(plan_of(GOOD))))
    assert job.changes is not None
    assert list(job.changes.collects[-1].nodes.values()) == ["a"]


def test_a_job_that_never_began_is_not_cleaned_up() -> None:
    job = Simulation(with_end(plan_of(GOOD)))
    job.store.job = JobState(begins_later=True)
    job.happen(events.Pause(), events.Resume())
    assert job.status == "pending"
    job.happen(events.Cancel(reason="enough"))
    assert (job.status, job.outcomes()) == ("cancelled", {})
    assert [one.key for one in job.hooks] == ["on_cancel"]


def test_a_hook_that_cannot_start_is_noted_and_the_others_start() -> None:
    hooks = {"on_error": (hook("refused"), hook("say"))}
    job = run(Simulation(failing(hooks=hooks)))
    assert job.changes is not None
    assert (job.status, job.changes.children) == ("failed", ["hook-2"])
    assert job.changes.notes == ["[hooks] on_error: refused cannot start: this hook cannot start"]


def test_the_hooks_of_the_workspace_are_for_jobs_that_no_other_started() -> None:
    plan = failing(hooks={}, workspace_hooks={"on_error": (hook(),)})
    assert [one.key for one in run(Simulation(plan)).hooks] == ["on_error"]
    child = Simulation(plan)
    child.store.job = JobState(has_parent=True)
    assert not run(child).hooks


def test_a_hook_has_no_hooks_and_tells_of_its_failure() -> None:
    job = Simulation(failing())
    job.store.job = JobState(hook_of="other")
    assert not run(job).hooks
    assert job.changes is not None
    assert [(one.kind, one.job) for one in job.changes.messages] == [("hook", "other")]
    job.happen(events.HookFailed(job="j", task="_hook:say", outcome="failed"))
    assert job.changes.notes == ["[hooks] _hook:say failed (job j)"]


def test_a_failed_job_is_repeated_until_its_last_attempt_which_has_the_hooks() -> None:
    plan = failing(retry=RetryPolicy(attempts=3, delay=10, backoff="exponential"))
    for attempt, delay in enumerate((10, 20)):
        job = Simulation(plan)
        job.store.job = JobState(retry_attempt=attempt)
        run(job)
        assert [(one.attempt, one.delay) for one in job.retries] == [(attempt + 1, delay)]
        assert not job.hooks
    job = Simulation(plan)
    job.store.job = JobState(retry_attempt=2)
    assert [one.key for one in run(job).hooks] == ["on_error"]
    assert not job.retries


def test_a_child_job_or_a_cancelled_job_is_not_repeated() -> None:
    plan = failing(retry=RetryPolicy(attempts=3))
    child = Simulation(plan)
    child.store.job = JobState(has_parent=True)
    assert not run(child).retries
    cancelled = Simulation(plan)
    cancelled.happen(events.Begin())
    cancelled.happen(events.Cancel(reason="enough"))
    run(cancelled)
    assert (cancelled.status, cancelled.retries) == ("cancelled", [])


def test_what_follows_an_end_without_a_decision_starts_once() -> None:
    job = Simulation(failing())
    job.store.job = JobState(status="failed", error="broken")
    job.happen(events.EndedByServer())
    assert [(one.key, one.error) for one in job.hooks] == [("on_error", "broken")]


def test_a_retry_that_is_jittered_is_at_most_a_quarter_later() -> None:
    policy = RetryPolicy(attempts=2, delay=100, jitter=True)
    for millisecond in range(0, 1000, 50):
        job = Simulation(failing(retry=policy))
        job.now = job.now + datetime.timedelta(milliseconds=millisecond)
        (retry,) = run(job).retries
        assert 100 <= retry.delay <= 125


def test_a_job_with_several_ends_is_cleaned_up_once() -> None:
    job = run(Simulation(with_end(plan_of(Dag("t", (Do("a", "fail"), Do("b")), ())))))
    names = [job.node(step).name for step in job.steps]
    assert sorted(names) == ["a", "b", "clean", "report"]
    assert job.status == "failed"
