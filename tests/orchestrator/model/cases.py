"""Small jobs for the check of the exchange."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.definitions.action import Action
from stroem.definitions.limit import Concurrency, Limit, Rate
from stroem.definitions.retry import Retry
from stroem.definitions.task import Hook, Task
from stroem.definitions.workspace import Definitions
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import Edge, Node, RetryPolicy, Slot
from tests.orchestrator.model.worker import Behaviour

ACTION = "work"


@attrs.frozen(kw_only=True)
class Case:
    """A job: its nodes, how its steps run, how it ends without faults.

    `cancel_in` is the round in which a user cancels it. `task` are fields of its task, `followers` the tasks of
    the jobs that must follow it, by its end.
    """

    nodes: tuple[Node, ...]
    behaviour: Behaviour = attrs.Factory(Behaviour)
    cancel_in: int | None = None
    ends: str = "completed"
    task: Mapping[str, Any] = attrs.Factory(dict)
    followers: Mapping[str, str] = attrs.Factory(dict)


def node(name: str, *leads_to: int, entry: bool = False, **fields: object) -> Node:
    """A step on a worker, and the nodes that depend on it."""
    edges = tuple(Edge(to=to) for to in leads_to)
    return attrs.evolve(Node(name=name, action=ACTION, entry=entry, edges=edges), **fields)


TWICE = RetryPolicy(attempts=2)
ONE_AT_A_TIME = Slot(key="k")
HOOKS = {key: (Hook(action=ACTION),) for key in ("on_success", "on_error", "on_cancel")}
FAILING = Behaviour(failing=frozenset({("a", 1)}))
CASES: Mapping[str, Case] = {
    "one step": Case(nodes=(node("a", entry=True),), behaviour=Behaviour(takes=1)),
    "chain": Case(nodes=(node("a", 1, entry=True), node("b"))),
    "failure": Case(
        nodes=(node("a", 1, entry=True), node("b")), behaviour=Behaviour(failing=frozenset({("a", 1)})), ends="failed"
    ),
    "retry": Case(nodes=(node("a", entry=True, retry=TWICE),), behaviour=Behaviour(failing=frozenset({("a", 1)}))),
    "cancel": Case(
        nodes=(node("a", 1, entry=True), node("b")), behaviour=Behaviour(takes=3), cancel_in=1, ends="cancelled"
    ),
    "fan-in": Case(nodes=(node("a", 2, entry=True), node("b", 2, entry=True), node("c"))),
    "slot": Case(nodes=(node("a", entry=True, slot=ONE_AT_A_TIME), node("b", entry=True, slot=ONE_AT_A_TIME))),
    "limits": Case(
        nodes=(node("a", 1, entry=True, limits=("one", "two")), node("b", limits=("one",))),
        task={"concurrency": Concurrency(policy="cancel_previous"), "limits": ("whole",)},
    ),
    "loop": Case(
        nodes=(
            Node(name="each", kind="loop", entry=True, items=["x", "y"], limit=1, output="list"),
            node("a", entry=True, parent=0),
        )
    ),
    "finally and hook": Case(
        nodes=(node("a", entry=True), node("b", entry=True, final=True)),
        behaviour=FAILING,
        ends="failed",
        task=HOOKS,
        followers=dict.fromkeys(("completed", "failed", "cancelled"), f"_hook:{ACTION}"),
    ),
    "retry of the task": Case(
        nodes=(node("a", entry=True),),
        behaviour=FAILING,
        ends="failed",
        task={"retry": Retry(delay=3600), "on_cancel": HOOKS["on_cancel"]},
        followers={"failed": "retry of the task", "cancelled": f"_hook:{ACTION}"},
    ),
}


def definitions() -> Definitions:
    """The workspace of all cases: a task for each."""
    return Definitions(
        tasks={name: Task(flow={}, **case.task) for name, case in CASES.items()},
        actions={ACTION: Action(type="script", script="true")},
        limits={"one": Limit(max=1), "two": Limit(max=2, rate=Rate(starts=100, secs=1)), "whole": Limit(max=1)},
    )


def flow_of(name: str, task: Task, definitions: Definitions) -> Flow:
    """The nodes of a case, by the name of its task."""
    return Flow(nodes=CASES[name].nodes)
