"""Paths of nodes, for steps that are not there yet."""

from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import ROOT
from stroem.protocol.step_paths import PathPart, path_of


def node_path(plan: TaskPlan, number: int) -> str:
    """The path of a node, as steps have them; of the body of a loop, that of the loop."""
    return path_of(_parts(plan, number))


def _parts(plan: TaskPlan, number: int) -> tuple[PathPart, ...]:
    node = plan.node(number)
    if node.parent == ROOT:
        return (PathPart(name=node.name),)
    outer = _parts(plan, node.parent)
    return outer if plan.node(node.parent).kind == "loop" else (*outer, PathPart(name=node.name))
