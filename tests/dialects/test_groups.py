"""Groups of steps: their keys in the flow, and the places of their mistakes."""

import textwrap

import pytest

from stroem.definitions.flow_paths import group_of, in_file, in_models, key_in, name_of
from stroem.definitions.values import Path
from tests.support.parsing import parse
from tests.validation.conftest import check_workspace

FLOW = """\
actions: {a: {type: shell, cmd: x, input: {v: {}}}}
tasks:
  t:
    flow:
      first: {action: a}
      group:
        depends_on: [first]
        for_each: [1]
        steps:
          build: {action: a, input: {v: 1.10}}
          inner:
            depends_on: {build: success}
            steps:
              deep: {type: shell, cmd: "echo {{ build.output }} {{ first.output }} {{ each.item }}"}
      last: {action: a, depends_on: [group]}
"""


def test_steps_of_groups_stand_beside_the_others() -> None:
    (task,) = parse("a.yaml", FLOW.encode()).definitions.tasks.values()
    assert list(task.flow) == ["first", "group", "group/build", "group/inner", "group/inner/deep", "last"]
    assert [key for key, step in task.flow.items() if step.is_group] == ["group", "group/inner"]
    assert task.flow["group/inner"].depends_on == ("group/build",)
    assert task.flow["group/inner"].depends_on_conditions == {"group/build": "success"}
    assert task.flow["last"].depends_on == ("group",)


def test_a_text_is_kept_as_it_is_written() -> None:
    found = check_workspace({"a.yaml": FLOW})
    assert found.problems == ()
    assert found.definitions.tasks["t"].flow["group/build"].input == {"v": "1.10"}


MISTAKES = {
    "depends_on: [first]}": ("unknown-step", "there is no step 'first' in this group", "depends_on"),
    "input: {v: '{{ last.output }}'}}": ("unknown-name", "there is no 'last' here", "input.v"),
    "input: {v: '{{ group.output }}'}}": ("unknown-name", "there is no 'group' here", "input.v"),
    "input: {v: '{{ inner.output }}'}}": ("not-upstream", "step 'inner' does not come before step 'build'", "input.v"),
    "when: each.itm}": ("unknown-name", "'each' has no 'itm'", "when"),
    "depends_on: [inner]}": ("cycle", "these steps wait for each other: build → inner → build", "depends_on"),
}


@pytest.mark.parametrize("text", MISTAKES)
def test_mistakes_have_their_places(text: str) -> None:
    code, message, key = MISTAKES[text]
    (problem,) = check_workspace({"a.yaml": FLOW.replace("input: {v: 1.10}}", text)}).problems
    assert (problem.code, problem.message) == (code, message)
    path = f"tasks.t.flow.group.steps.build.{key}"
    assert problem.path.removesuffix("[0]") == path
    assert problem.line == 10


@pytest.mark.parametrize(
    ("group", "code", "line"),
    [
        ("steps: {}", "empty-flow", 5),
        ("steps: []", "wrong-type", 5),
        ("steps: {x: {action: a}}\naction: a", "forbidden-key", 6),
        ("steps: {x: {action: a}}\nretry: {}", "forbidden-key", 6),
        ("steps: {x: {action: a}}\nunknown: 1", "unknown-key", 6),
        ("steps: {x: 5}", "wrong-type", 5),
        ("steps: {'x/y': {action: a}}", "invalid-name", 5),
    ],
)
def test_mistakes_of_groups(group: str, code: str, line: int) -> None:
    head = "actions: {a: {type: shell, cmd: x}}\ntasks:\n  t: {flow: {first: {action: a}, \n   g: {\n"
    text = head + textwrap.indent(group.replace("\n", ",\n"), "     ") + "}}}\n"
    found = [one for one in check_workspace({"a.yaml": text}).problems if one.severity == "error"]
    assert [(one.code, one.line) for one in found] == [(code, line)]


@pytest.mark.parametrize(
    ("of_models", "of_file"),
    [
        (("tasks", "t", "flow", "a"), ("tasks", "t", "flow", "a")),
        (("tasks", "t", "flow", "a/b", "input", "x"), ("tasks", "t", "flow", "a", "steps", "b", "input", "x")),
        (("tasks", "t", "flow", "a/b/c"), ("tasks", "t", "flow", "a", "steps", "b", "steps", "c")),
        (("tasks", "t", "timeout"), ("tasks", "t", "timeout")),
        (("actions", "a/b", "steps"), ("actions", "a/b", "steps")),
    ],
)
def test_paths(of_models: Path, of_file: Path) -> None:
    assert in_file(of_models) == of_file
    assert in_models(of_file) == of_models


def test_keys() -> None:
    key = key_in(key_in(key_in(None, "a"), "b"), "c")
    assert (key, name_of(key), group_of(key), group_of("a")) == ("a/b/c", "c", "a/b", None)
