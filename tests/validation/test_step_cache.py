"""Checks of caches and artifacts: which steps have them, and what a key reads."""

import pytest

from tests.validation.conftest import check_workspace

BASE = """
actions:
  build: {type: shell, cmd: x, input: {flags: {type: string}}, cache: {key: "{{ input.flags }}"}}
  ask: {type: approval, message: Go?}
tasks:
  other: {flow: {a: {action: build}}}
  t:
    input: {version: {type: string}}
    flow:
      first: {type: shell, cmd: x}
      beside: {type: shell, cmd: x}
"""


def problems(*steps: str) -> list[tuple[str, str]]:
    """The mistakes in these steps: code and message."""
    found = check_workspace({"a.yaml": BASE + "".join(f"      {step}\n" for step in steps)}).problems
    return [(one.code, one.message) for one in found]


@pytest.mark.parametrize(
    "step",
    [
        'a: {action: build, depends_on: [first], cache: {key: "{{ first.output.x }} {{ input.version }}"}}',
        'a: {action: build, cache: {key: "{{ input.flags }}"}}',
        'a: {type: shell, cmd: x, for_each: [1], cache: {key: "{{ each.item }}"}, artifacts: dist}',
        "a: {action: build, cache: {}}",
    ],
)
def test_a_key_sees_what_the_script_sees(step: str) -> None:
    assert problems(step) == []


def test_a_key_reads_no_other_steps_and_inputs() -> None:
    found = problems('a: {action: build, depends_on: [first], cache: {key: "{{ beside.output.x }} {{ input.nope }}"}}')
    assert [code for code, _ in found] == ["not-upstream", "unknown-input"]


@pytest.mark.parametrize("key", ["cache: {}", "artifacts: dist"])
@pytest.mark.parametrize("kind", ["ask", "task"])
def test_steps_without_a_worker_have_neither(kind: str, key: str) -> None:
    what = "action: ask" if kind == "ask" else "type: task, task: other"
    name = key.partition(":")[0]
    kind = "approval" if kind == "ask" else kind
    message = f"'{name}' is not for a step with an action of type '{kind}', which no worker runs"
    assert problems(f"a: {{{what}, {key}}}") == [("forbidden-key", message)]


def test_keys_of_actions_are_checked() -> None:
    text = BASE.replace("{{ input.flags }}", "{{ input.flag }}")
    (found,) = check_workspace({"a.yaml": text}).problems
    assert (found.code, found.line) == ("unknown-input", 3)
