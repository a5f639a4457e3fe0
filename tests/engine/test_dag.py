"""Nodes of flows: loops with a body behind them, conditions of dependencies, kinds of steps."""

import pytest

from stroem.definitions.action import Action, ActionType
from stroem.definitions.retry import Retry
from stroem.definitions.task import Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.dag import dag
from stroem.interfaces.nodes import Condition, Edge, Node, RetryPolicy

ACTIONS = {
    "run": Action(type="script", script="x", retry=Retry(max_attempts=2, delay=5)),
    "sub": Action(type="task", task="other"),
    "fork": Action(type="task", task="other", wait=False),
    "ask": Action(type="approval", message="Go?"),
    "nap": Action(type="wait", for_="2h"),
    "hear": Action(type="signal", signal="go"),
}


def nodes(**flow: Step) -> tuple[Node, ...]:
    return dag("t", Task(flow=flow), Definitions(actions=ACTIONS)).nodes


def test_the_body_of_a_loop_stands_behind_it() -> None:
    a, loop, body, c = nodes(
        a=Step(action="run"),
        b=Step(action="run", depends_on=("a",), for_each=[1, 2], sequential=True, timeout=5, input={"x": 1}, when="1"),
        c=Step(action="run", depends_on=("b",)),
    )
    assert a.edges == (Edge(to=1),)
    assert (loop.kind, loop.name, loop.items, loop.limit, loop.stops, loop.output) == (
        "loop",
        "b",
        [1, 2],
        1,
        True,
        "list",
    )
    assert (loop.edges, loop.when, loop.timeout, loop.input, loop.retry) == ((Edge(to=3),), "1", None, {}, None)
    assert (body.kind, body.name, body.parent, body.entry, body.timeout) == ("action", "b", 1, True, 5)
    assert (body.input, body.when, body.edges) == ({"x": 1}, None, ())
    assert body.retry == RetryPolicy(attempts=3, delay=5)
    assert c.name == "c"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Step(action="run", for_each="build.output"), {"items": "{{ build.output }}", "limit": None}),
        (Step(action="run", for_each="{{ input.x }}"), {"items": "{{ input.x }}"}),
        (Step(action="run", for_each=" [1]"), {"items": " [1]"}),
        (Step(action="run", for_each={"range": 3}), {"items": {"range": 3}}),
        (Step(action="run", matrix={"a": [1]}), {"items": {"matrix": {"a": [1]}}}),
        (
            Step(action="run", for_each=[1], max_concurrency=4, fail_fast=True),
            {"limit": 4, "aborts": True, "stops": False},
        ),
        (Step(action="run", for_each=[1], sequential=True, continue_on_failure=True), {"limit": 1, "stops": False}),
        (Step(action="run", until="output.done"), {"until": "{{ output.done }}", "again": None, "most": 100}),
        (Step(action="run", while_="{{ output.more }}", max_rounds=7), {"again": "{{ output.more }}", "most": 7}),
    ],
)
def test_loops(step: Step, expected: dict[str, Json]) -> None:
    loop, _ = nodes(s=step)
    assert {name: getattr(loop, name) for name in expected} == expected


def test_conditions_of_dependencies() -> None:
    a, b, c, d, last = nodes(
        **{name: Step(action="run") for name in "abcd"},
        last=Step(
            action="run",
            depends_on=("a", "b", "c", "d"),
            depends_on_conditions={"a": "success", "b": "failure", "c": "skipped", "d": "always"},
        ),
    )
    assert [one.edges[0].on for one in (a, b, c)] == [("completed",), ("failed",), ("skipped",)]
    assert set(d.edges[0].on) == {"completed", "failed", "skipped", "cancelled"}
    assert last.conditions == (
        Condition(node=0, on=("completed",)),
        Condition(node=1, on=("failed",)),
        Condition(node=2, on=("skipped",)),
    )
    assert not last.entry


@pytest.mark.parametrize(
    ("action", "kind", "given"),
    [
        ("ask", "approval", {"message": "Go?", "input": {"x": 1}}),
        ("nap", "wait", {"for": "2h", "input": {"x": 1}}),
        ("hear", "signal", {"name": "go", "input": {"x": 1}}),
        ("sub", "task", {"x": 1}),
    ],
)
def test_kinds_of_steps(action: str, kind: ActionType, given: dict[str, Json]) -> None:
    (node,) = nodes(s=Step(action=action, input={"x": 1}, timeout=60))
    assert (node.kind, node.input, node.action, node.timeout) == (kind, given, action, 60)
    assert (node.task, node.detached) == (("other", False) if kind == "task" else (None, False))


def test_a_task_that_is_not_awaited() -> None:
    (node,) = nodes(s=Step(action="fork"))
    assert node.detached


def test_the_retry_of_a_step_goes_before_that_of_its_action() -> None:
    own, of_action = nodes(a=Step(action="run", retry=Retry(max_attempts=1)), b=Step(action="run"))
    assert (own.retry, of_action.retry) == (RetryPolicy(attempts=2, delay=30), RetryPolicy(attempts=3, delay=5))
