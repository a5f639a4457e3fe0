"""Examples of what YAML says of steps: conditions on ends, loops that end at a failure, tasks that are not awaited."""

import pytest

from stroem.engine import events
from stroem.interfaces.nodes import Condition, Edge, Node, Outcome, RetryPolicy
from tests.engine.schedule import run
from tests.engine.simulation import Simulation
from tests.engine.test_decide_examples import after, end
from tests.engine.test_decide_scopes import of

_ALL: tuple[Outcome, ...] = ("completed", "failed", "skipped", "cancelled")


def begun(*nodes: Node) -> Simulation:
    job = Simulation(of(*nodes))
    job.happen(events.Begin())
    return job


def conditional(build: str, deploy: str) -> Simulation:
    """A step that starts when `build` has completed and `deploy` has failed, after both have ended in these ways."""
    job = begun(
        Node(name="build", entry=True, optional=True, edges=(Edge(to=2),)),
        Node(name="deploy", entry=True, optional=True, edges=(Edge(to=2, on=("failed",)),)),
        Node(
            name="mend",
            incoming=2,
            edges=(Edge(to=3, on=_ALL),),
            conditions=(Condition(node=0, on=("completed",)), Condition(node=1, on=("failed",))),
        ),
        Node(name="last", incoming=1, tolerant=True),
    )
    end(job, "build", outcome=build)
    end(job, "deploy", outcome=deploy)
    return job


@pytest.mark.parametrize(
    ("build", "deploy", "status", "reason"),
    [
        ("completed", "failed", "ready", None),
        ("completed", "completed", "skipped", "Skipped: step 'deploy' is completed, not failed"),
        ("failed", "failed", "skipped", "Skipped: step 'build' did not complete"),
        ("failed", "completed", "skipped", "Skipped: step 'build' did not complete"),
    ],
)
def test_all_conditions_must_be_met(build: str, deploy: str, status: str, reason: str | None) -> None:
    job = conditional(build, deploy)
    assert (job.step("mend").status, job.step("mend").error) == (status, reason)
    run(job)
    assert job.outcomes()["last"] == "completed"


def loop_that_aborts(items: int, limit: int | None = None) -> Simulation:
    return begun(
        Node(name="l", kind="loop", entry=True, items=f"items:{items}", limit=limit, aborts=True),
        Node(name="l", parent=0, entry=True),
    )


def test_a_failed_iteration_ends_the_others() -> None:
    job = loop_that_aborts(4, limit=3)
    running = job.claim(job.step("l[1]"))
    end(job, "l[0]", outcome="failed")
    assert job.outcomes() == {
        "l": "running",
        "l[0]": "failed",
        "l[1]": "running",
        "l[2]": "cancelled",
        "l[3]": "cancelled",
    }
    assert job.step("l[1]").cancel_requested
    job.happen(job.ended(running, "failed"))
    assert (job.step("l[1]").status, job.step("l").status) == ("cancelled", "failed")
    assert job.step("l").error == "An iteration failed: the others are ended"
    assert job.status == "failed"


def test_a_loop_without_a_failure_does_not_end_early() -> None:
    job = loop_that_aborts(3)
    end(job, "l[1]")
    assert set(job.outcomes().values()) == {"running", "ready", "completed"}
    assert run(job).status == "completed"


def test_rounds_until_a_condition_is_true() -> None:
    job = begun(
        Node(name="l", kind="loop", entry=True, until="odd", output="last"), Node(name="l", parent=0, entry=True)
    )
    assert run(job).outcomes() == {"l": "completed", "l[0]": "completed", "l[1]": "completed"}


def test_a_task_that_is_not_awaited_lets_the_job_go_on() -> None:
    job = begun(
        Node(name="a", kind="task", task="other", detached=True, entry=True, edges=(Edge(to=1),)),
        Node(name="b", incoming=1),
    )
    assert job.outcomes() == {"a": "completed", "b": "ready"}
    assert job.store.outputs[job.step("a").id] == {"job_id": "child-1"}
    end(job, "b")
    assert job.status == "completed"
    job.happen(events.ChildEnded(step=job.step("a").id, job="child-1", outcome="failed"))
    assert job.outcomes() == {"a": "completed", "b": "completed"}


def overdue_child() -> Simulation:
    """A job whose child has just run out of time."""
    job = begun(Node(name="a", kind="task", task="other", entry=True, timeout=5, retry=RetryPolicy(attempts=2)))
    after(job, 5)
    job.happen(events.Due(step=job.step("a").id))
    return job


def test_a_child_that_takes_too_long_ends_before_the_next_one_begins() -> None:
    job = overdue_child()
    assert job.children["child-1"].is_cancelled
    assert (job.step("a").status, len(job.children)) == ("running", 1)
    job.happen(events.ChildEnded(step=job.step("a").id, job="child-1", outcome="cancelled"))
    assert (job.step("a").waits_for, job.step("a").error) == ("retry", "Step timed out after 5s")
    job.happen(events.Due(step=job.step("a").id))
    assert (job.step("a").status, len(job.children)) == ("running", 2)
    job.happen(events.ChildEnded(step=job.step("a").id, job="child-2", outcome="completed"))
    assert job.status == "completed"


def test_a_child_that_does_not_end_is_not_awaited_for_ever() -> None:
    job = overdue_child()
    after(job, 600)
    job.happen(events.Due(step=job.step("a").id))
    assert job.step("a").waits_for == "retry"


def test_the_cancellation_of_a_job_waits_for_a_child_that_ends() -> None:
    job = overdue_child()
    job.happen(events.Cancel(reason="enough"))
    assert job.status == "running"
    job.happen(events.ChildEnded(step=job.step("a").id, job="child-1", outcome="cancelled"))
    assert (job.step("a").status, job.status) == ("cancelled", "cancelled")
