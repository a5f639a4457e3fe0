"""Mistakes in limits, concurrency and priorities, with their places."""

import pytest

from tests.validation.conftest import Check

WORKFLOW = """\
limits: {db: 2, api: {max: 4, rate: 10 per minute}}
actions: {a: {type: shell, cmd: x}}
tasks:
  t:
    input: {env: {default: dev}, password: {secret: true}}
    TASK
    flow: {s: {action: a, STEP}}
"""


def problems(problems_of: Check, task: str = "priority: 0", step: str = "timeout: 5") -> list[tuple[str, int, int]]:
    found = problems_of(WORKFLOW.replace("TASK", task).replace("STEP", step))
    return [(one.code, one.line, one.column) for one in found]


@pytest.mark.parametrize(
    ("task", "step"),
    [
        ("concurrency: 1", "limits: db"),
        ("concurrency: {key: '{{ input.env }}', limit: 2, policy: skip}", "limits: [db, api]"),
        ("concurrency: {max_queue: 0}", "limits: server.gpu"),
        ("limits: [db, server.gpu]", "timeout: 5"),
        ("priority: -100", "timeout: 5"),
    ],
)
def test_what_is_valid(problems_of: Check, task: str, step: str) -> None:
    assert problems(problems_of, task, step) == []


MISTAKES = {
    "concurrency: 0": ("out-of-range", 18),
    "concurrency: yes": ("wrong-type", 18),
    "concurrency: {limit: -1}": ("out-of-range", 26),
    "concurrency: {policy: replace}": ("unknown-value", 27),
    "concurrency: {policy: skip, max_queue: 1}": ("forbidden-key", 33),
    "concurrency: {max_queue: -1}": ("out-of-range", 30),
    "concurrency: {key: '{{ input.nv }}'}": ("unknown-input", 28),
    "concurrency: {key: '{{ secret.x }}'}": ("unknown-name", 28),
    "concurrency: {key: '{{ input.password }}'}": ("invalid-value", 24),
    "limits: [bd]": ("unknown-limit", 14),
    "limits: [db, gpu]": ("unknown-limit", 18),
    "priority: 101": ("out-of-range", 15),
}


@pytest.mark.parametrize("task", MISTAKES)
def test_a_mistake_of_a_task(problems_of: Check, task: str) -> None:
    code, column = MISTAKES[task]
    assert problems(problems_of, task) == [(code, 6, column)]


def test_an_unknown_limit_of_a_step_has_a_suggestion(problems_of: Check) -> None:
    (problem,) = problems_of(WORKFLOW.replace("TASK", "priority: 0").replace("STEP", "limits: [dbs]"))
    assert (problem.code, problem.line, problem.column) == ("unknown-limit", 7, 36)
    assert "'db'" in (problem.hint or "")


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("0", "out-of-range"),
        ("-2", "out-of-range"),
        ("{}", "missing-key"),
        ("{max: 0}", "out-of-range"),
        ("{rate: 10}", "wrong-type"),
        ("{rate: 10 per fortnight}", "invalid-value"),
        ("{rate: 0 per minute}", "invalid-value"),
        ("{rate: 10/minute}", "invalid-value"),
        ("{most: 1}", "missing-key"),
        ("many", "wrong-type"),
    ],
)
def test_a_mistake_of_a_limit(problems_of: Check, limit: str, code: str) -> None:
    (problem,) = problems_of(f"limits:\n  ok: 1\n  bad: {limit}\n")
    assert (problem.code, problem.line) == (code, 3)


def test_the_name_of_a_limit_has_no_dot(problems_of: Check) -> None:
    (problem,) = problems_of("limits: {server.gpu: 1}\n")
    assert problem.code == "invalid-name"
