"""Examples of small jobs, one rule of the engine each."""

import datetime
from collections.abc import Sequence
from typing import Any

from stroem.engine import events
from tests.engine.plan_tree import Dag, Do, Link, Switch, Tree, Wait, plan_of, seq
from tests.engine.schedule import run
from tests.engine.simulation import START, Simulation


def begun(tree: Tree, **more: Any) -> Simulation:
    """A job of this plan after its begin."""
    simulation = Simulation(plan_of(tree, **more))
    simulation.happen(events.Begin())
    return simulation


def finished(tree: Tree) -> Simulation:
    """A job of this plan after its end."""
    return run(Simulation(plan_of(tree)))


def end(simulation: Simulation, *paths: str, outcome: str | None = None) -> None:
    """Runs ready steps on a worker, to the end, in one exchange."""
    steps = [simulation.claim(simulation.step(path)) for path in paths]
    simulation.happen(*(simulation.ended(step, outcome) for step in steps))


def after(simulation: Simulation, seconds: float) -> None:
    """Moves the clock. Nothing is due by that alone."""
    simulation.now = simulation.now + datetime.timedelta(seconds=seconds)


def diamond(**fates: Any) -> Dag:
    """a, then b and c, then d."""
    links = (Link("a", "b"), Link("a", "c"), Link("b", "d"), Link("c", "d"))
    return Dag("t", tuple(fates.get(name, Do(name)) for name in "abcd"), links)


def test_the_steps_of_a_diamond_start_when_those_before_them_have_completed() -> None:
    job = begun(diamond())
    assert job.outcomes() == {"a": "ready"}
    end(job, "a")
    assert job.outcomes() == {"a": "completed", "b": "ready", "c": "ready"}
    end(job, "c")
    assert job.outcomes()["d"] == "pending"
    assert job.step("d").waits_for == "dependencies"
    end(job, "b")
    assert job.outcomes()["d"] == "ready"
    end(job, "d")
    assert job.status == "completed"


def test_two_steps_that_end_in_one_exchange_start_the_step_behind_them_once() -> None:
    job = begun(diamond())
    end(job, "a")
    end(job, "b", "c")
    assert job.outcomes()["d"] == "ready"
    assert job.changes is not None
    assert job.changes.ready == [job.step("d").id]


def test_a_failure_skips_at_once_the_steps_behind_it_and_fails_the_job_after_the_others() -> None:
    job = begun(diamond(b=Do("b", does="fail")))
    end(job, "a")
    end(job, "b")
    assert job.outcomes() == {"a": "completed", "b": "failed", "c": "ready", "d": "skipped"}
    assert job.step("d").error == "Skipped: step 'b' did not complete"
    end(job, "c")
    assert job.status == "failed"


def test_a_tolerant_step_starts_after_a_failure_once_all_before_it_have_ended() -> None:
    job = begun(diamond(b=Do("b", does="fail"), d=Do("d", tolerant=True)))
    end(job, "a")
    end(job, "b")
    assert job.outcomes()["d"] == "pending"
    end(job, "c")
    assert job.outcomes()["d"] == "ready"
    end(job, "d")
    assert job.status == "failed"


def test_the_failure_of_an_optional_step_does_not_fail_the_job() -> None:
    job = finished(Dag("t", (Do("a", does="fail", optional=True), Do("b"))))
    assert job.outcomes() == {"a": "failed", "b": "completed"}
    assert job.status == "completed"


def test_a_step_with_one_completed_and_one_skipped_dependency_starts() -> None:
    job = finished(diamond(b=Do("b", when="false")))
    assert job.outcomes() == {"a": "completed", "b": "skipped", "c": "completed", "d": "completed"}
    assert job.step("b").error == "Skipped: its condition is false"
    assert job.status == "completed"


def test_a_step_whose_dependencies_are_all_skipped_is_skipped() -> None:
    job = finished(diamond(b=Do("b", when="false"), c=Do("c", when="false")))
    assert job.outcomes() == {"a": "completed", "b": "skipped", "c": "skipped", "d": "skipped"}
    assert job.step("d").error == "Skipped: no step that it depends on led here"
    assert job.status == "completed"


def test_a_condition_that_cannot_be_rendered_fails_its_step() -> None:
    job = finished(seq("t", Do("a", when="fail"), Do("b")))
    assert job.outcomes() == {"a": "failed", "b": "skipped"}
    assert job.step("a").error


def test_a_step_for_the_case_of_a_failure_is_skipped_without_one() -> None:
    parts = (Do("a"), Do("rescue"), Do("report"))
    links = (Link("a", "rescue", "failure"), Link("a", "report", "always"))
    assert finished(Dag("t", parts, links)).outcomes() == {"a": "completed", "rescue": "skipped", "report": "completed"}
    job = finished(Dag("t", (Do("a", does="fail"), *parts[1:]), links))
    assert job.outcomes() == {"a": "failed", "rescue": "completed", "report": "completed"}
    assert job.status == "failed"


def _switch(*tests: str) -> Dag:
    links = tuple(Link("pick", to) for to in ("x", "y", "z"))
    return Dag("t", (Switch("pick", tests=tests), Do("x"), Do("y"), Do("z")), links)


def test_a_choice_takes_its_first_edge_that_fits() -> None:
    job = finished(_switch("false", "true"))
    assert job.outcomes() == {"pick": "completed", "x": "skipped", "y": "completed", "z": "skipped"}
    assert finished(_switch("false", "false")).outcomes()["z"] == "completed"


def test_a_choice_without_an_edge_that_fits_fails() -> None:
    job = finished(_switch("false", "false", "false"))
    assert job.outcomes() == {"pick": "failed", "x": "skipped", "y": "skipped", "z": "skipped"}


def test_a_failed_step_is_tried_again_after_its_delay() -> None:
    job = begun(Do("a", does="fail lost ok", attempts=3, delay=30))
    end(job, "a")
    assert (job.step("a").status, job.step("a").waits_for) == ("pending", "retry")
    assert job.step("a").due_at == START + datetime.timedelta(seconds=30)
    job.happen(events.Due(step=job.step("a").id))
    assert job.step("a").status == "pending", "the delay is not over"
    job.happen(job.due(job.step("a")))
    assert job.step("a").status == "ready"
    end(job, "a")
    job.happen(job.due(job.step("a")))
    end(job, "a")
    assert (job.step("a").status, job.step("a").attempt, job.status) == ("completed", 3, "completed")


def test_the_last_failed_attempt_fails_the_step() -> None:
    job = finished(Do("a", does="fail", attempts=2))
    assert (job.step("a").status, job.step("a").attempt, job.status) == ("failed", 2, "failed")


def test_a_report_about_a_former_attempt_changes_nothing() -> None:
    job = begun(Do("a", does="fail ok", attempts=2))
    late = job.ended(job.claim(job.step("a")), "completed")
    job.happen(job.ended(job.step("a")))
    job.happen(job.due(job.step("a")))
    job.claim(job.step("a"))
    job.happen(late)
    assert job.step("a").status == "running"


def _delays(backoff: str) -> Sequence[float]:
    job = begun(Do("a", does="fail", attempts=9, delay=10, backoff=backoff))
    delays = []
    for _ in range(8):
        end(job, "a")
        due = job.step("a").due_at
        assert due is not None
        delays.append((due - job.now).total_seconds())
        job.happen(job.due(job.step("a")))
    return delays


def test_an_exponential_backoff_doubles_the_delay_up_to_64_times() -> None:
    assert _delays("exponential") == [10, 20, 40, 80, 160, 320, 640, 640]
    assert _delays("fixed") == [10] * 8


def test_a_timer_ends_a_wait_not_before_its_time() -> None:
    job = begun(seq("t", Wait("w", seconds=60), Do("a")))
    assert (job.step("w").status, job.step("w").waits_for) == ("suspended", "timer")
    after(job, 59)
    job.happen(events.Due(step=job.step("w").id))
    assert job.outcomes() == {"w": "suspended"}
    after(job, 1)
    job.happen(events.Due(step=job.step("w").id))
    assert job.outcomes() == {"w": "completed", "a": "ready"}


def test_an_action_that_takes_too_long_fails() -> None:
    job = begun(Do("a", timeout=20))
    job.claim(job.step("a"))
    assert job.step("a").due_at == START + datetime.timedelta(seconds=20)
    job.happen(job.due(job.step("a")))
    run(job)
    assert (job.step("a").status, job.status) == ("failed", "failed")
    assert job.step("a").error


def test_a_job_of_more_steps_than_it_may_have_fails() -> None:
    job = run(Simulation(plan_of(seq("t", *(Do(name) for name in "abcdefgh")), max_steps=5)))
    assert job.status == "failed"
    assert len(job.steps) <= 5
