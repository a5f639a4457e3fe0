"""Decisions on a local job without the server."""

import datetime
import uuid
from typing import Any

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from stroem.dialects.environment import Environment
from stroem.engine.compile import make_plan
from stroem.engine.events import Begin
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import JobState
from stroem.protocol.claim import Claim
from stroem.protocol.replica import JobReplica, StepOutputValue
from stroem.protocol.steps import Outcome
from stroem.registry.registry import load_plugins
from stroem.validation.checker import validate
from stroem.worker.local.local_job import KnownAttempt, LocalJob, NeedsServer
from tests.support.parsing import parse

JOB = uuid.UUID(int=7)
NOW = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
KINDS = load_plugins().step_kinds
SAY = "{type: script, script: echo hello}"


def plan_in(text: str) -> TaskPlan:
    data = text.encode()
    found = validate({"t.yaml": parse("t.yaml", data)}, lambda _: data, Environment(runners={"local": None}))
    assert not [problem for problem in found.problems if problem.severity == "error"], found.problems
    return make_plan("t", found.definitions, {})


def flow(steps: str, actions: str = f"say: {SAY}", task: str = "mode: local") -> TaskPlan:
    indented = "\n".join(f"      {line}" for line in steps.strip().splitlines())
    return plan_in(f"actions:\n  {actions}\ntasks:\n  t:\n    {task}\n    flow:\n{indented}\n")


def copy_of(job: LocalJob) -> LocalJob:
    """The job as a worker reads it now."""
    rows = job.rows
    outputs = tuple(StepOutputValue(step=step, output=one) for step, one in rows.outputs.items())
    steps = tuple(rows.steps[one] for one in sorted(rows.steps))
    replica = attrs.evolve(job.replica, state=rows.job_copy(), steps=steps, outputs=outputs)
    return LocalJob(replica, KINDS, output_bytes=1000)


def begun(plan: TaskPlan, given: dict[str, Any] | None = None) -> LocalJob:
    replica = JobReplica(
        job_id=JOB,
        workspace="main",
        task="t",
        revision="abc",
        env={"STROEM_COMMIT": "abc"},
        volume=JOB,
        plan=plan,
        input=given or {},
        state=JobState(is_local=True, worker_id=uuid.UUID(int=1)),
        steps=(),
    )
    job = LocalJob(replica, KINDS, output_bytes=1000)
    job.apply(Begin(), NOW)
    return job


def start(job: LocalJob, path: str, now: datetime.datetime = NOW) -> Claim:
    (row,) = [one for one in job.ready() if job.path_of(one) == path]
    claim = job.begin(row, now)
    assert claim is not None
    return claim


def ended(claim: Claim, output: Any = None, exit_code: int = 0, **more: Any) -> KnownAttempt:
    outcome = Outcome(
        job_id=JOB, step_name=claim.step_name, attempt=claim.attempt, exit_code=exit_code, output=output, **more
    )
    return KnownAttempt(path=claim.step_name, attempt=claim.attempt, outcome=outcome)


def end(job: LocalJob, claim: Claim, output: Any = None, exit_code: int = 0, **more: Any) -> KnownAttempt:
    known = ended(claim, output, exit_code, **more)
    job.catch_up([known], NOW)
    return known


def paths(job: LocalJob) -> list[str]:
    return [job.path_of(row) for row in job.ready()]


def states(job: LocalJob) -> dict[str, str]:
    return {job.path_of(one): step.status for one, step in sorted(job.rows.steps.items())}


def test_steps_begin_after_those_before_them_with_their_outputs() -> None:
    job = begun(
        flow(
            """
            a: {action: say}
            b: {action: say, depends_on: [a], input: {text: "{{ a.output.word }} and {{ input.more }}"}}
            c: {action: say, depends_on: [a], input: {word: "{{ a.output.word }}"}}
            d: {action: say, depends_on: [b, c]}
        """.replace("            ", "")
        ),
        {"more": "salt"},
    )
    assert paths(job) == ["a"]
    first = start(job, "a")
    assert (first.job_id, first.workspace, first.revision, first.attempt, first.local) == (JOB, "main", "abc", 1, True)
    assert (first.volume, first.action_spec["env"]) == (JOB, {"STROEM_COMMIT": "abc"})
    assert paths(job) == []
    end(job, first, {"word": "bread"})
    assert paths(job) == ["b", "c"]
    second, third = start(job, "b"), start(job, "c")
    assert (second.input["text"], third.input["word"]) == ("bread and salt", "bread")
    end(job, second)
    assert paths(job) == []
    end(job, third)
    last = start(job, "d")
    assert not job.has_ended
    end(job, last)
    assert job.has_ended
    assert set(states(job).values()) == {"completed"}


def test_a_loop_runs_over_what_a_step_put_out() -> None:
    job = begun(
        flow(
            """
a: {action: say}
each: {action: say, depends_on: [a], for_each: "{{ a.output.names }}", input: {name: "{{ each.item }}"}}
last: {action: say, depends_on: [each], input: {all: "{{ each.output }}"}}
"""
        )
    )
    end(job, start(job, "a"), {"names": ["x", "y"]})
    assert paths(job) == ["each[0]", "each[1]"]
    one, two = start(job, "each[0]"), start(job, "each[1]")
    assert (one.input["name"], two.input["name"]) == ("x", "y")
    end(job, two, {"n": 2})
    end(job, one, {"n": 1})
    assert start(job, "last").input["all"] == [{"n": 1}, {"n": 2}]


def test_a_failed_step_is_tried_again_at_its_time() -> None:
    job = begun(flow("a: {action: say, retry: {max_attempts: 1, delay: 30s}}\nb: {action: say, depends_on: [a]}"))
    end(job, start(job, "a"), exit_code=3)
    assert (paths(job), job.next_due) == ([], NOW + datetime.timedelta(seconds=30))
    later = NOW + datetime.timedelta(seconds=31)
    job.catch_up([], later)
    again = start(job, "a", later)
    assert (again.attempt, job.next_due) == (2, None)
    end(job, again, exit_code=3)
    assert states(job)["b"] == "skipped"
    assert job.has_ended


def test_a_step_whose_condition_is_not_met_is_skipped() -> None:
    job = begun(
        flow("""
a: {action: say}
b: {action: say, depends_on: [a], when: "{{ a.output.go }}"}
c: {action: say, depends_on: [a]}
""")
    )
    end(job, start(job, "a"), {"go": False})
    assert paths(job) == ["c"]
    assert states(job)["b"] == "skipped"


def test_a_template_that_fails_fails_its_step_alone() -> None:
    job = begun(flow('a: {action: say, input: {x: "{{ input.nothing.at.all }}"}}\nb: {action: say}'))
    (row,) = [one for one in job.ready() if job.path_of(one) == "a"]
    assert job.begin(row, NOW) is None
    assert states(job) == {"a": "failed", "b": "ready"}
    assert start(job, "b").step_name == "b"


def test_a_task_that_is_to_be_started_waits_and_the_rest_goes_on() -> None:
    plan = plan_in(f"""
actions:
  say: {SAY}
  other: {{type: task, task: child}}
tasks:
  child: {{flow: {{one: {{action: say}}}}}}
  t:
    mode: local
    flow:
      a: {{action: say}}
      start: {{action: other, depends_on: [a]}}
      b: {{action: say, depends_on: [a]}}
      c: {{action: say, depends_on: [start]}}
""")
    job = begun(plan)
    end(job, start(job, "a"))
    assert paths(job) == ["b"]
    end(job, start(job, "b"))
    assert (paths(job), job.has_ended) == ([], False)
    job.catch_up([], NOW + datetime.timedelta(minutes=1))
    assert paths(job) == []


def test_an_approval_waits_for_the_server() -> None:
    job = begun(
        flow(
            "ask: {action: ask}\nb: {action: say, depends_on: [ask]}\nc: {action: say}",
            f'ask: {{type: approval, message: "Go on?"}}\n  say: {SAY}',
        )
    )
    assert paths(job) == ["c"]
    end(job, start(job, "c"))
    assert (paths(job), states(job)["ask"]) == ([], "suspended")


def test_a_pause_ends_by_itself() -> None:
    job = begun(flow("w: {action: w}\nb: {action: say, depends_on: [w]}", f"w: {{type: wait, for: 10s}}\n  say: {SAY}"))
    assert job.next_due == NOW + datetime.timedelta(seconds=10)
    job.catch_up([], NOW + datetime.timedelta(seconds=9))
    assert paths(job) == []
    job.catch_up([], NOW + datetime.timedelta(seconds=10))
    assert paths(job) == ["b"]


def test_what_is_in_the_copy_already_counts_once() -> None:
    job = begun(flow("a: {action: say}\nb: {action: say, depends_on: [a]}\nc: {action: say, depends_on: [b]}"))
    older = copy_of(job)
    one = end(job, start(job, "a"))
    newer = copy_of(job)
    two = end(job, start(job, "b"))
    for copy in (older, newer):
        copy.catch_up([one, two], NOW)
        copy.catch_up([one, two], NOW)
        assert states(copy) == states(job)
        assert paths(copy) == ["c"]


def test_a_step_that_runs_here_is_not_started_again() -> None:
    job = begun(flow("a: {action: say}\nb: {action: say, depends_on: [a]}\nc: {action: say, depends_on: [a]}"))
    copy = copy_of(job)
    one = end(job, start(job, "a"))
    running = attrs.evolve(ended(start(job, "b")), outcome=None)
    copy.catch_up([one, running], NOW)
    assert paths(copy) == ["c"]


def test_a_step_that_came_after_the_copy_needs_the_server() -> None:
    job = begun(flow("a: {action: say}"))
    with pytest.raises(NeedsServer, match="after the copy"):
        job.catch_up([KnownAttempt(path="b", attempt=1)], NOW)


def test_nothing_starts_in_a_job_that_is_paused() -> None:
    job = begun(flow("a: {action: say}"))
    job.rows.job.paused = True
    assert job.ready() == []


def test_an_output_that_cannot_be_kept_fails_the_step() -> None:
    job = begun(flow("a: {action: say}\nb: {action: say, depends_on: [a]}"))
    end(job, start(job, "a"), {"long": "x" * 2000})
    assert states(job) == {"a": "failed", "b": "skipped"}


FLOW = """
a: {action: say}
b: {action: say, retry: {max_attempts: 1}}
each: {action: say, depends_on: [a], for_each: [1, 2, 3], continue_on_failure: true}
when: {action: say, depends_on: [b], when: "{{ b.output.go }}"}
d: {action: say, depends_on: [each, b]}
e: {action: say, depends_on: [d, when]}
"""


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_copy_of_any_moment_catches_up(data: st.DataObject) -> None:
    """However old the copy is, what has happened since brings it to where the job is."""
    job = begun(flow(FLOW))
    now, copies, happened, running = NOW, [copy_of(job)], [], []
    while job.ready() or running or job.next_due:
        if job.ready() and (not running or data.draw(st.booleans())):
            row = data.draw(st.sampled_from(job.ready()))
            if (claim := job.begin(row, now)) is not None:
                running.append(claim)
        elif running:
            claim = running.pop(data.draw(st.integers(0, len(running) - 1)))
            known = ended(claim, {"go": data.draw(st.booleans())}, data.draw(st.sampled_from([0, 0, 1])))
            happened.append(known)
            job.catch_up([known], now)
        elif job.next_due:
            now = job.next_due
            job.catch_up([], now)
        copies.append(copy_of(job))
    assert job.has_ended
    copy = data.draw(st.sampled_from(copies))
    for known in happened:
        copy.catch_up([known], now)
    assert states(copy) == states(job)
    assert copy.has_ended


def test_steps_are_known_by_their_paths_though_the_server_gave_them_other_ids() -> None:
    steps = """
        a: {action: say}
        b: {action: say}
        a2: {action: say, depends_on: [a]}
        b2: {action: say, depends_on: [b]}
        b3: {action: say, depends_on: [b2]}
    """.replace("        ", "")
    server = begun(flow(steps))
    a, b = start(server, "a"), start(server, "b")
    here = copy_of(server)
    here.catch_up([ended(b), ended(a)], NOW)
    start(here, "b2")
    server.catch_up([ended(a), ended(b)], NOW)
    row = {server.path_of(one): one for one in server.rows.steps}["a2"]
    assert here.path_of(row) == "b2"
    handed_out = Outcome(job_id=JOB, step_name="a2", step_id=row, attempt=1, exit_code=0)
    here.catch_up([KnownAttempt(path=handed_out.step_name, attempt=1, outcome=handed_out)], NOW)
    assert (states(here)["a2"], states(here)["b2"], paths(here)) == ("completed", "running", [])
