"""Places of steps in a plan, whether or not they have begun."""

from collections.abc import Sequence

from stroem.conversion.suggestions import nearest
from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import ROOT
from stroem.protocol.step_paths import PathPart, parse

Place = tuple[tuple[int, int], ...]
"""Node and item of the scopes around a step, from the outside, and its own."""


def place_at(plan: TaskPlan, path: str) -> Place | None:
    """The place of a step by its path; None if the plan has no such node. Iterations need not exist."""
    parts: Sequence[PathPart]
    if path in plan.named(ROOT):
        parts = (PathPart(name=path),)
    else:
        try:
            parts = parse(path)
        except ValueError:
            return None
    found: list[tuple[int, int]] = []
    scope = ROOT
    for part in parts:
        if scope != ROOT and plan.node(scope).kind == "loop":  # the body of a loop that is itself a loop
            if part.name != plan.node(scope).name or part.item is None:
                return None
        else:
            node = plan.named(scope).get(part.name)
            if node is None:
                return None
            found.append((node, part.visit - 1))
            scope = node
            if part.item is None:
                continue
        body = next(iter(plan.entries(scope)), None)
        if plan.node(scope).kind != "loop" or body is None or part.item is None:
            return None
        found.append((body, part.item))
        scope = body
    return tuple(found)


def similar_path(plan: TaskPlan, path: str) -> str | None:
    """The name of the step that was probably meant."""
    names = [node.name for node in plan.nodes if node.parent == ROOT]
    return nearest(path, names)
