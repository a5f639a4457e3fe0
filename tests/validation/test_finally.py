"""Checks of the steps that run after the flow of a task."""

import pytest

from stroem.definitions.task import Step
from tests.validation.conftest import check_workspace

BASE = """
actions:
  tell: {type: shell, cmd: "echo {{ input.text }}", input: {text: {type: string, required: true}}}
  odd: {type: shell, cmd: "echo {{ build.output.x }}"}
tasks:
  t:
    flow:
      build: {type: shell, cmd: x}
      deploy: {type: shell, cmd: x, depends_on: [build]}
    finally:
"""


def problems(*steps: str) -> list[tuple[str, str, int | None]]:
    """The mistakes in these steps of `finally`, with their lines there."""
    found = check_workspace({"a.yaml": BASE + "".join(f"      {step}\n" for step in steps)}).problems
    return [(one.code, one.message, one.line and one.line - BASE.count("\n")) for one in found]


@pytest.mark.parametrize(
    "step",
    [
        'a: {action: tell, input: {text: "{{ deploy.status }} {{ build.output.x }} {{ deploy.error }}"}}',
        "a: {action: odd}",
        'a: {type: shell, cmd: "echo {{ deploy.output.x }}"}',
    ],
)
def test_templates_read_the_flow(step: str) -> None:
    assert problems(step) == []


def test_steps_depend_on_one_another_only() -> None:
    assert problems("a: {type: shell, cmd: x}", "b: {type: shell, cmd: x, depends_on: [a]}") == []
    message = "there is no step 'build' in `finally`, whose steps depend on one another only"
    assert problems("a: {type: shell, cmd: x, depends_on: [build]}") == [("unknown-step", message, 1)]


@pytest.mark.parametrize(
    ("steps", "code", "message"),
    [
        (["a: {action: tel}"], "unknown-action", "'tel'"),
        (["a: {action: tell}"], "missing-input", "'text'"),
        (["build: {type: shell, cmd: x}"], "name-collision", "'build'"),
        (["a: {type: shell, cmd: '{{ b.output }}'}", "b: {type: shell, cmd: x}"], "not-upstream", "'b'"),
        (["a: {type: shell, cmd: '{{ deplyo.output }}'}"], "unknown-name", "deplyo"),
        (["a: {type: shell, cmd: x, depends_on: [a]}"], "cycle", "a → a"),
        (["a: {type: shell, cmd: x, tiemout: 5}"], "unknown-key", "tiemout"),
    ],
)
def test_mistakes(steps: list[str], code: str, message: str) -> None:
    ((found, text, line), *more) = problems(*steps)
    assert (found, more) == (code, [])
    assert message in text
    assert line == 1 or code == "name-collision"


def test_a_list_of_steps_is_no_map() -> None:
    assert "a mapping" in problems("- {type: shell, cmd: x}")[0][1]


def test_a_step_of_the_flow_does_not_read_finally() -> None:
    text = BASE.replace("cmd: x, depends_on", "cmd: '{{ clean.output }}', depends_on")
    (problem,) = check_workspace({"a.yaml": f"{text}      clean: {{type: shell, cmd: x}}\n"}).problems
    assert (problem.code, problem.line) == ("unknown-name", 9)


def test_the_definitions_have_the_steps() -> None:
    found = check_workspace({"a.yaml": f"{BASE}      clean: {{type: shell, cmd: x}}\n"})
    task = found.definitions.tasks["t"]
    assert task.finally_ == {"clean": Step(action="_inline:t:clean")}
    assert list(task.steps) == ["build", "deploy", "clean"]
