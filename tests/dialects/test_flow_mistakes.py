"""Mistakes in conditions, loops and waits that would show at run time only."""

import pytest

from tests.validation.conftest import check_workspace

BASE = """\
actions: {a: {type: shell, cmd: x}, nap: {type: wait, for: 5m}}
tasks:
  other: {input: {region: {required: true}, size: {default: 1}}, flow: {s: {action: a}}}
  t:
    input: {env: {default: dev}}
    flow:
      first: {action: a}
      s: STEP
"""
MISTAKES = {
    "{action: a, when: \"{{ input.env }} == 'prod'\"}": ("invalid-value", "text stands around {{ }}"),
    '{action: a, until: "{{ output.x }} == 1"}': ("invalid-value", "text stands around {{ }}"),
    "{type: wait, for: abc}": ("invalid-duration", "no length of time"),
    "{type: wait, until: tomorrow}": ("invalid-value", "expected a time"),
    "{type: wait, for: 5s, until: 2026-01-31}": ("conflicting-keys", "either 'for', a length, or 'until', a time"),
    "{type: wait}": ("missing-key", "either 'for', a length, or 'until', a time"),
    "{action: nap, timeout: 5}": ("forbidden-key", "'timeout' is not for a wait"),
    "{type: signal}": ("missing-key", "'signal' is missing"),
    "{type: approval, message: m, remind: [4h, 1h]}": ("invalid-value", "must come after the one before it"),
    "{type: approval, message: m, remind: soon}": ("invalid-duration", "no length of time"),
    "{type: approval, message: m, remind: [1h, 9000h]}": ("invalid-value", "a reminder comes after 1 to"),
    "{type: approval, message: m, quorum: 0}": ("invalid-value", "expected 1 to 20 approvals, got 0"),
    "{type: approval, message: m, quorum: 2, approvers: {users: a@x}}": (
        "invalid-value",
        "1 approvers can never give 2",
    ),
    "{type: approval, message: m, quorum: 2, input: {n: {type: integer}}}": ("conflicting-keys", "does not go with"),
    "{type: approval, message: m, approvers: {}}": ("missing-key", "names nobody"),
    "{type: approval, message: m, approvers: {teams: ops}}": ("unknown-key", "teams"),
    "{type: approval, message: m, four_eyes: boss}": ("unknown-value", "boss"),
    "{type: approval, message: m, quorum: 2, on_timeout: approve}": (
        "conflicting-keys",
        "without any of the approvers",
    ),
    "{type: wait, for: 5m, remind: 1h}": ("forbidden-key", "'remind' is not for actions of type wait"),
    "{type: signal, signal: s, payload: {n: {type: integer, default: many}}}": ("wrong-type", "many"),
    "{type: approval, message: m, payload: {n: {}}}": ("forbidden-key", "'payload' is not for"),
    "{type: task, task: other, workspace: 'a b'}": ("invalid-name", "is not the name of a workspace"),
    "{type: task, task: other, workspace: '{{ input.env }}'}": ("invalid-name", "is not the name of a workspace"),
    "{type: task, task: other}": ("missing-input", "task 'other' needs the input 'region', which nothing gives"),
    "{action: a, for_each: [1], matrix: {a: [1]}}": ("conflicting-keys", "a step has one list of items"),
    "{action: a, for_each: [1], until: 'true'}": ("conflicting-keys", "a loop runs over items"),
    "{action: a, while: 'true', until: 'true'}": ("conflicting-keys", "one condition for its rounds"),
    "{action: a, for_each: [1], sequential: true, max_concurrency: 2}": (
        "conflicting-keys",
        "a `max_concurrency` of 1",
    ),
    "{action: a, fail_fast: true}": ("forbidden-key", "for steps with `for_each` or `matrix`"),
    "{action: a, max_rounds: 5}": ("forbidden-key", "for steps with `while` or `until`"),
    "{action: a, for_each: [1], max_concurrency: 0}": ("out-of-range", "0 is out of range"),
    "{action: a, depends_on: {first: sometimes}}": ("unknown-value", "sometimes"),
    "{action: a, depends_on: {frist: always}}": ("unknown-step", "there is no step 'frist'"),
    "{action: a, matrix: {os: versions.output}}": ("unknown-name", "there is no 'versions' here"),
    "{action: a, when: each.item == 1, for_each: [1]}": ("unknown-name", "there is no 'each' here"),
}


@pytest.mark.parametrize("step", MISTAKES)
def test_a_mistake(step: str) -> None:
    code, message = MISTAKES[step]
    found = [one for one in check_workspace({"a.yaml": BASE.replace("STEP", step)}).problems if one.severity == "error"]
    assert [one.code for one in found] == [code]
    assert message in found[0].message
    assert found[0].line == 8


@pytest.mark.parametrize(
    "step",
    [
        "{action: a, when: input.env == 'prod'}",
        "{action: a, when: \"{{ input.env == 'prod' }}\"}",
        "{action: a, when: '{% if input.env %}true{% endif %}'}",
        "{action: a, when: 'false'}",
        "{action: a, for_each: '[1, 2]', sequential: true}",
        '{action: a, for_each: {range: "{{ input.env | length }}"}}',
        "{action: a, matrix: {os: ['a', '{{ input.env }}'], exclude: [{os: a}]}, max_concurrency: 2}",
        "{action: a, until: output.done and each.index > 2, max_rounds: 7}",
        '{type: wait, for: "{{ input.env }}"}',
        "{type: wait, until: '2026-01-31T12:00:00Z'}",
        "{type: task, task: other, input: {region: eu}, wait: false}",
        "{action: a, depends_on: {first: always}}",
        "{type: approval, message: m, remind: 90s, remind_hooks: true}",
        "{type: approval, message: m, remind: [1h, 14400], input: {n: {type: integer}}}",
        "{type: signal, signal: s, payload: {n: {type: integer, default: 1}}}",
        "{type: task, task: of-another, workspace: ops, input: {anything: 1}}",
        "{type: task, task: t, workspace: ops}",
    ],
)
def test_what_is_right(step: str) -> None:
    assert check_workspace({"a.yaml": BASE.replace("STEP", step)}).problems == ()


def test_callers_of_a_task_are_names_of_workspaces() -> None:
    text = BASE.replace("STEP", "{action: a}") + "    callable_from: [ops, '*', 'a b', 'x/y']\n"
    found = check_workspace({"a.yaml": text}).problems
    assert [(one.code, one.line, one.column) for one in found] == [("invalid-name", 9, 31), ("invalid-name", 9, 38)]


def test_a_hook_that_starts_a_task_of_another_workspace_is_warned_of() -> None:
    text = BASE.replace("STEP", "{action: a}").replace("actions: {", "on_error: [{action: far}]\nactions: {")
    text = text.replace("nap: {type: wait, for: 5m}}\n", "far: {type: task, task: x, workspace: ops}}\n")
    (found,) = check_workspace({"a.yaml": text}).problems
    assert (found.code, "another workspace" in found.message) == ("no-effect", True)
