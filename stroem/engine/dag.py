"""Flows of steps that depend on one another."""

from typing import get_args

from stroem.definitions.task import Step, Task
from stroem.definitions.workspace import Definitions
from stroem.errors import NotRunnable
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import Edge, Node, Outcome

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def dag(name: str, task: Task, definitions: Definitions) -> Flow:
    """The nodes of a task with an edge for each dependency. Raises NotRunnable for keys that do not run yet."""
    numbers = {step: number for number, step in enumerate(task.flow)}
    edges: dict[str, list[Edge]] = {step: [] for step in task.flow}
    for step_name, step in task.flow.items():
        if reason := _reason_against(step):
            raise NotRunnable(task=name, reason=f"step {step_name!r} {reason}")
        on: tuple[Outcome, ...] = _OUTCOMES if step.continue_on_failure else ("completed",)
        for dependency in dict.fromkeys(step.depends_on):
            edges[dependency].append(Edge(to=numbers[step_name], on=on))
    return Flow(nodes=tuple(_node(step_name, step, edges[step_name]) for step_name, step in task.flow.items()))


def _node(name: str, step: Step, edges: list[Edge]) -> Node:
    return Node(
        name=name,
        entry=not step.depends_on,
        edges=tuple(edges),
        tolerant=step.continue_on_failure,
        optional=step.continue_on_failure,
        action=step.action,
        input=step.input,
        timeout=step.timeout,
        title=step.name,
        description=step.description,
    )


def _reason_against(step: Step) -> str | None:
    if step.when is not None:
        return "has a condition (when), which this version does not execute yet"
    if step.for_each is not None:
        return "is a loop (for_each), which this version does not execute yet"
    return None
