"""Triggers by outcomes of jobs: unknown tasks and workspaces, and circles."""

import textwrap

import attrs
import pytest

from stroem.dialects.environment import Environment
from stroem.dialects.stroem_yaml.dialect import parse
from stroem.records.problem import Problem
from stroem.validation.checker import validate
from stroem_job_outcome.trigger_type import JobOutcomeTrigger

TYPES = {"job_outcome": JobOutcomeTrigger}
TASKS = """\
tasks:
  extract: {flow: {one: {type: script, script: "true"}}}
  load: {flow: {one: {type: script, script: "true"}}}
  page: {flow: {one: {type: script, script: "true"}}}
triggers:
"""
KNOWN = Environment(runners={"local": None}, trigger_types=TYPES)


def problems_of(triggers: str, known: Environment = KNOWN) -> list[Problem]:
    path, data = ".workflows/a.yaml", (TASKS + textwrap.indent(textwrap.dedent(triggers), "  ")).encode()
    files = {path: parse(path, data, TYPES)}
    found = validate(files, lambda _: data, known).problems
    return [problem for problem in found if problem.code != "no-effect"]


def test_an_unknown_task() -> None:
    (problem,) = problems_of("tell: {type: job_outcome, task: page, on: {all_of: [extract, {task: lood}]}}")
    assert (problem.code, problem.line, problem.column) == ("unknown-task", 6, 71)
    assert problem.hint == "did you mean 'load'?"


def test_a_task_of_another_workspace() -> None:
    """It is looked up when its jobs end; a workspace that is not there is worth a warning."""
    trigger = "tell: {type: job_outcome, task: page, on: {task: import, workspace: data}}"
    assert not problems_of(trigger)
    assert not problems_of(trigger, attrs.evolve(KNOWN, workspaces=frozenset({"data"})))
    (problem,) = problems_of(trigger, attrs.evolve(KNOWN, workspaces=frozenset({"dat"})))
    assert (problem.code, problem.severity) == ("unknown-workspace", "warning")


def test_a_task_that_its_own_end_starts() -> None:
    (problem,) = problems_of("again: {type: job_outcome, task: load, on: {task: load, status: failed}}")
    assert (problem.code, problem.line) == ("trigger-circle", 6)
    assert "load → load" in problem.message


def test_a_circle_over_several_triggers() -> None:
    (problem,) = problems_of(
        """\
        a: {type: job_outcome, task: load, on: {task: extract}}
        b: {type: job_outcome, task: page, on: {task: [load, load2]}}
        c: {type: job_outcome, task: extract, on: {all_of: [page, load]}}
        """.replace("[load, load2]", "load")
    )
    assert problem.code == "trigger-circle"
    assert "extract" in problem.message


@pytest.mark.parametrize(
    "other",
    [
        "b: {type: job_outcome, task: extract, on: {task: load}, enabled: false}",
        "b: {type: job_outcome, task: extract, on: {task: load, workspace: data}}",
        "b: {type: job_outcome, task: page, on: {task: load}}",
    ],
)
def test_no_circle(other: str) -> None:
    assert not problems_of(f"a: {{type: job_outcome, task: load, on: {{task: extract}}}}\n{other}")
