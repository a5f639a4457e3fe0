"""Paths of steps in the trees of their jobs."""

from collections.abc import Sequence

from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import Address
from stroem.interfaces.nodes import ROOT
from stroem.protocol.step_paths import PathPart, iteration, path_of


def path_at(plan: TaskPlan, chain: Sequence[Address]) -> str:
    """The path of a step: `chain` are the addresses of the scopes around it, from the outside, and its own."""
    parts: tuple[PathPart, ...] = ()
    for at, (_, number, item) in enumerate(chain):
        outer = chain[at - 1][1] if at else ROOT
        if is_loop(plan, outer):
            parts = iteration(parts, plan.node(outer).name, item)
        else:
            parts = (*parts, PathPart(name=plan.node(number).name, visit=item + 1))
    return path_of(parts)


def is_loop(plan: TaskPlan, node: int) -> bool:
    """True for a loop; false for the job itself."""
    return node != ROOT and plan.node(node).kind == "loop"
