"""Checks of conditions of retries and of declared outputs."""

import pytest

from tests.validation.conftest import Check

STEP = "tasks: {{t: {{input: {{most: {{type: integer}}}}, flow: {{s: {{type: shell, cmd: x, {more}}}}}}}}}"
OUTPUT = "actions: {{a: {{type: shell, cmd: x, output: {{n: {field}}}}}}}"


@pytest.mark.parametrize(
    "more",
    [
        "retry: {when: error.exit_code == 75 and 'x' in error.message and attempt < input.most}",
        "for_each: [a], retry: {when: each.item == 'a'}",
        'retry: {when: "{{ error.message }}"}',
    ],
)
def test_a_condition_of_a_retry_reads_the_error(problems_of: Check, more: str) -> None:
    assert problems_of(STEP.format(more=more)) == ()
    action = f"actions: {{a: {{type: shell, cmd: x, {more.removeprefix('for_each: [a], ')}}}}}"
    assert [one for one in problems_of(action) if one.code not in ("unknown-input", "unused-action")] == []


@pytest.mark.parametrize(
    ("condition", "code", "hint"),
    [
        ("error.code == 1", "unknown-name", "did you mean 'exit_code'?"),
        ("errors.kind == 1", "unknown-name", "did you mean 'error'?"),
        ("error.kind ==", "template-syntax", None),
        ("output.n == 1", "unknown-name", None),
    ],
)
def test_mistakes_in_a_condition_of_a_retry(problems_of: Check, condition: str, code: str, hint: str | None) -> None:
    (problem,) = problems_of(STEP.format(more=f'retry: {{when: "{condition}"}}'))
    assert (problem.code, problem.path) == (code, "tasks.t.flow.s.retry.when")
    assert problem.line == 1
    assert hint is None or problem.hint == hint


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("{type: integer, default: 3}", None),
        ("{secret: true}", None),
        ("{type: integer, default: three}", "invalid-value"),
        ("{options: [a, b], default: c}", "invalid-value"),
        ('{default: "{{ input.x }}"}', "invalid-value"),
        ("{secret: true, default: x}", "conflicting-keys"),
    ],
)
def test_a_default_of_an_output_is_one_of_its_values(problems_of: Check, field: str, code: str | None) -> None:
    found = problems_of(OUTPUT.format(field=field))
    assert [(one.code, one.path) for one in found] == ([] if code is None else [(code, "actions.a.output.n.default")])
