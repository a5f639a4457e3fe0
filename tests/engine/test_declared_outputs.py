"""Outputs against the declarations of their actions."""

import pytest

from stroem.definitions.action import Action
from stroem.definitions.field import OutputField
from stroem.definitions.values import Json
from stroem.engine import events
from stroem.engine.plan import TaskPlan
from stroem.engine.values.declared_outputs import output_problem
from stroem.interfaces.nodes import Node, RetryPolicy
from tests.engine.simulation import Simulation

FIELDS = {
    "rows": OutputField(type="integer", required=True),
    "ratio": OutputField(type="number"),
    "tables": OutputField(type="array"),
    "facts": OutputField(type="object"),
    "ok": OutputField(type="boolean"),
    "state": OutputField(options=("on", "off")),
}


@pytest.mark.parametrize(
    "output",
    [
        {"rows": 3},
        {"rows": 3, "ratio": 1, "tables": [], "facts": {}, "ok": False, "state": "on", "more": object},
        {"rows": 0, "ratio": None},
    ],
)
def test_what_fits(output: Json) -> None:
    assert output_problem(FIELDS, output) is None


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        (None, "rows is missing"),
        ({}, "rows is missing"),
        ([1], "it must be a map"),
        ("rows", "it must be a map"),
        ({"rows": True, "ratio": "1"}, "rows must be a whole number; ratio must be a number"),
        (
            {"rows": 1.5, "tables": {}, "facts": []},
            "rows must be a whole number; tables must be a list; facts must be a map",
        ),
        ({"rows": 1, "ok": 1, "state": "of"}, "ok must be true or false; state must be one of on, off"),
        ({"rows": 1, "state": 1}, "state must be a string"),
    ],
)
def test_what_does_not_fit(output: Json, problem: str) -> None:
    assert output_problem(FIELDS, output) == f"The output is not as declared: {problem}"


def test_a_step_with_another_output_fails_and_is_tried_again() -> None:
    node = Node(name="s", entry=True, action="a", retry=RetryPolicy(attempts=2))
    job = Simulation(TaskPlan(task="t", nodes=(node,), actions={"a": Action(type="script", output=FIELDS)}))
    job.happen(events.Begin())
    claimed = job.claim(job.step("s"))
    job.happen(events.Ended(step=claimed.id, outcome="completed", output={"rows": "3"}, attempt=1))
    assert job.step("s").waits_for == "retry"
    assert job.step("s").error == "The output is not as declared: rows must be a whole number"
    job.happen(events.Due(step=claimed.id))
    claimed = job.claim(job.step("s"))
    job.happen(events.Ended(step=claimed.id, outcome="completed", output={"rows": 3}, attempt=2))
    assert job.status == "completed"
    assert job.step("s").error is None
