"""Workflow files as other tools have them: each mistake says what is written here instead."""

import textwrap

import jsonschema
import pytest

from stroem.dialects.environment import Environment
from stroem.dialects.foreign_keys import foreign_hint
from stroem.dialects.stroem_yaml.schema import workflow_schema
from tests.dialects.test_json_schema import document
from tests.support.parsing import parse
from tests.support.triggers import TRIGGER_TYPES

GITHUB = """
    name: CI
    on: push
    jobs:
      test:
        runs-on: ubuntu-latest
"""
STEPS = """
    tasks:
      test:
        steps:
          - run: make
"""
GITLAB_STEP = """
    tasks:
      test:
        flow:
          build:
            run: make
            needs: [x]
            if: always()
            with: {a: b}
            working-directory: sub
            timeout-minutes: 5
            matrix: {os: [linux]}
          use: {uses: actions/checkout@v4, environment: {A: b}}
        schedule: "0 3 * * *"
        cron: "0 3 * * *"
        runs-on: ubuntu
"""
ARGO = """
    apiVersion: argoproj.io/v1alpha1
    kind: Workflow
    spec: {templates: []}
"""


def told(text: str) -> list[tuple[str, str | None]]:
    problems = parse(".workflows/a.yaml", textwrap.dedent(text).encode()).problems
    assert {problem.code for problem in problems} <= {"unknown-key", "wrong-type"}
    return [(problem.path.rpartition(".")[2], problem.hint) for problem in problems]


def test_a_workflow_of_github() -> None:
    assert told(GITHUB) == [
        ("name", "the key of a task, a step or an action is its name"),
        ("on", "write `triggers: { NAME: { type: scheduler, cron: …, task: … } }`"),
        ("jobs", "write `tasks:`; each has its steps under `flow:`"),
    ]


def test_steps_of_a_task() -> None:
    assert told(STEPS) == [("steps", "write `flow:`, a mapping of step names to steps")]


def test_a_list_of_steps() -> None:
    ((path, hint),) = told("tasks: {t: {flow: [{name: a, type: shell, cmd: x}]}}")
    assert (path, hint) == ("flow", "of step names to steps: `build: { … }` for `- name: build`")


def test_the_keys_of_a_step_and_a_task() -> None:
    assert told(GITLAB_STEP) == [
        ("run", "write `type: script` and `script:`"),
        ("needs", "write `depends_on:` in a step"),
        ("if", "write `when:` in a step, with an expression"),
        ("with", "write `input:`"),
        ("working-directory", "write `cd` in the script; it starts at the top of the workspace"),
        ("timeout-minutes", "write `timeout:` with a length of time, like 10m"),
        ("uses", "write `action:` with the name of an action, and name libraries in .stroem.yaml"),
        ("environment", "write `env:` in the action"),
        ("schedule", "write `triggers: { NAME: { type: scheduler, cron: …, task: … } }`"),
        ("cron", "write `triggers: { NAME: { type: scheduler, cron: …, task: … } }`"),
        ("runs-on", "write `tags:` in the action; it runs on workers that have them"),
    ]


def test_a_manifest_of_argo() -> None:
    assert {hint for _, hint in told(ARGO)} == {
        "this is no manifest: write `tasks:`, `actions:` and `triggers:` at the top"
    }


@pytest.mark.parametrize(
    "key", ["run", "needs", "if", "uses", "steps", "matrix", "runs-on", "with", "Working-Directory"]
)
@pytest.mark.parametrize("path", [("tasks", "t", "flow", "s"), ("actions", "a")])
def test_the_keys_of_other_tools_have_hints_wherever_they_are_written(key: str, path: tuple[str, ...]) -> None:
    assert foreign_hint(key, path) is not None


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("tasks: {t: {flow: {s: {type: script, script: x, secrets: [TOKEN]}}}}", "{{ secret.NAME }}"),
        ("tasks: {t: {flow: {s: {type: script, script: x, retries: 3}}}}", "write `retry: { max_attempts: … }`"),
        ("actions: {a: {type: bash, script: x}}", "write `type: script` with `interpreter: bash`"),
        ("actions: {a: {type: python, script: x}}", "write `type: script` with `language: python`"),
        ("triggers: {n: {type: cron, schedule: '0 3 * * *', task: t}}", "write `type: scheduler` with `cron:`"),
        ("triggers: {n: {type: scheduler, schedule: '0 3 * * *', task: t}}", "write `cron:`"),
        ("actions: {a: {type: script, script: x, env: [A=1]}}", "write `A: 1`, without the list"),
        ("actions: {a: {type: script, script: x, env: [{name: A}]}}", "write `NAME: VALUE`, without the list"),
        ("actions: {a: {type: script, script: x, interpreter: [bash]}}", "write bash"),
        ("actions: {a: {type: agnt, provider: x}}", "did you mean 'agent'?"),
    ],
)
def test_values_of_other_tools_have_hints(text: str, hint: str) -> None:
    problems = parse(".workflows/a.yaml", text.encode()).problems
    assert any(hint in (problem.hint or "") for problem in problems), problems


def test_a_command_of_a_script_is_one_error() -> None:
    (problem,) = parse(".workflows/a.yaml", b"actions: {a: {type: script, command: ls}}").problems
    assert (problem.code, problem.hint) == ("forbidden-key", "write `script:`, or `type: docker`")


def test_a_type_that_is_none_lists_the_types_once() -> None:
    (problem,) = parse(".workflows/a.yaml", b"actions: {a: {type: zzzzzz, script: x}}").problems
    assert (problem.message.count("agent"), problem.hint) == (1, None)


def test_a_slip_is_still_a_slip() -> None:
    assert told("tasks: {t: {flow: {a: {action: x, dependson: [b], contiue_on_failure: true}}}}") == [
        ("dependson", "did you mean 'depends_on'?"),
        ("contiue_on_failure", "did you mean 'continue_on_failure'?"),
    ]


VALIDATOR = jsonschema.Draft202012Validator(
    workflow_schema(Environment(runners={"local": None}, trigger_types=TRIGGER_TYPES))
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tasks: {t: {flow: {a: {action: x, needs: [b]}}}}", "'needs' was unexpected"),
        ("tasks: {t: {flow: {a: {type: shell, cmd: x, if: y, needs: [b]}}}}", "'if', 'needs' were unexpected"),
        ("tasks: {t: {flow: {a: {type: shel, cmd: x}}}}", "'shel' is not one of"),
        ("tasks: {t: {flow: {a: {type: shell}}}}", "is not valid under any of the given schemas"),
        ("tasks: {t: {flow: {a: {type: docker}}}}", "'image' is a required property"),
        ("tasks: {t: {flow: {a: {timeout: 5}}}}", "'action' is a required property"),
        ("tasks: {t: {flow: {a: 1}}}", "is not of type 'object'"),
        ("tasks: {t: {flow: {a: {action: x, type: shell, cmd: y}}}}", "'action' was unexpected"),
        ("tasks: {t: {flow: {a: {action: x, timeout: soon}}}}", "'soon' is not valid under any"),
        ("actions: {a: {type: shel, cmd: x}}", "'shel' is not one of"),
        ("actions: {a: {cmd: x}}", "'type' is a required property"),
        ("actions: {a: {type: script, script: x, cmd: y}}", "'cmd' was unexpected"),
        ("actions: {a: {type: shell, cmd: x, env: {A: [1]}}}", "is not of type"),
        ("triggers: {t: {type: scheduler, task: t}}", "is not valid under any of the given schemas"),
        ("triggers: {t: {type: cron, task: t}}", "'cron' is not one of"),
    ],
)
def test_a_mistake_is_one_error_of_the_schema(text: str, message: str) -> None:
    errors = list(VALIDATOR.iter_errors(document(text)))
    assert [message in error.message for error in errors] == [True], [error.message for error in errors]


@pytest.mark.parametrize(
    "text",
    [
        "tasks: {t: {flow: {a: {action: x}, b: {action: x, depends_on: a}}}}",
        "actions: {a: {type: shell, cmd: x, env: {PY: 3.12, DEBUG: true}, tags: gpu}}",
        "actions: {a: {type: script, script: x, language: python, dependencies: requests}}",
    ],
)
def test_what_is_accepted_as_it_is_written(text: str) -> None:
    assert parse(".workflows/a.yaml", text.encode()).problems == ()
    assert list(VALIDATOR.iter_errors(document(text))) == []
