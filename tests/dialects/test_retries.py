"""Both counts of retries: of all attempts, and of the further ones."""

import pytest

from tests.support.parsing import parse

TASK = "tasks: {{t: {{retry: {retry}, flow: {{s: {{type: shell, cmd: x, retry: {retry}}}}}}}}}"


@pytest.mark.parametrize(
    ("retry", "further"),
    [("{}", 3), ("{max_attempts: 1}", 1), ("{attempts: 2}", 1), ("{attempts: 11, delay: 5m}", 10)],
)
def test_attempts_are_one_more_than_retries(retry: str, further: int) -> None:
    file = parse("a.yaml", TASK.format(retry=retry).encode())
    assert file.problems == ()
    task = file.definitions.tasks["t"]
    assert task.retry is not None
    assert task.flow["s"].retry == task.retry
    assert task.retry.max_attempts == further


@pytest.mark.parametrize(
    ("retry", "code"),
    [
        ("{attempts: 3, max_attempts: 2}", "conflicting-keys"),
        ("{attempts: 1}", "out-of-range"),
        ("{attempts: 12}", "out-of-range"),
        ("{attempts: many}", "wrong-type"),
        ("{attempt: 2}", "unknown-key"),
        ("{max_delay: 25h}", "out-of-range"),
        ("{delay: 1m, max_delay: 30s}", "out-of-range"),
    ],
)
def test_mistakes(retry: str, code: str) -> None:
    assert [problem.code for problem in parse("a.yaml", TASK.format(retry=retry).encode()).problems] == [code] * 2


STEP = "tasks: {{t: {{flow: {{s: {{type: shell, cmd: x, retry: {retry}}}}}}}}}"


@pytest.mark.parametrize(
    ("on", "read"),
    [
        ("[1, 75]", ("1", "75")),
        ('["100-120", -9, timeout]', ("100-120", "-9", "timeout")),
        ("worker_lost", ("worker_lost",)),
        ("3", ("3",)),
    ],
)
def test_errors_that_are_retried(on: str, read: tuple[str, ...]) -> None:
    file = parse("a.yaml", STEP.format(retry=f"{{on: {on}, when: attempt < 2}}").encode())
    assert file.problems == ()
    retry = file.definitions.tasks["t"].flow["s"].retry
    assert retry is not None
    assert (retry.on, retry.when) == (read, "attempt < 2")


def test_mistakes_in_errors_come_together() -> None:
    file = parse("a.yaml", STEP.format(retry='{on: [exti, 300, "9-3", rejected, [1]]}').encode())
    assert [(problem.code, problem.path.rpartition(".")[2]) for problem in file.problems] == [
        ("unknown-value", "on[0]"),
        ("unknown-value", "on[1]"),
        ("unknown-value", "on[2]"),
        ("unknown-value", "on[3]"),
        ("wrong-type", "on[4]"),
    ]
    assert file.problems[0].hint == "did you mean 'exit'?"


@pytest.mark.parametrize("key", ["on: [exit]", "when: attempt < 2"])
def test_a_task_is_retried_after_every_failure(key: str) -> None:
    (problem,) = parse("a.yaml", f"tasks: {{t: {{retry: {{{key}}}, flow: {{s: {{action: a}}}}}}}}".encode()).problems
    assert (problem.code, problem.path) == ("forbidden-key", f"tasks.t.retry.{key.partition(':')[0]}")
    assert "in the `retry` of the steps" in (problem.hint or "")
