"""Both counts of retries: of all attempts, and of the further ones."""

import pytest

from stroem.dialects.stroem_yaml.dialect import parse

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
    ],
)
def test_mistakes(retry: str, code: str) -> None:
    assert [problem.code for problem in parse("a.yaml", TASK.format(retry=retry).encode()).problems] == [code] * 2
