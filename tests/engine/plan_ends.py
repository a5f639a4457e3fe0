"""Ends of plans: cleanup, hooks and retries."""

from typing import Any

import attrs

from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import Edge, Node

KEYS = {"completed": "on_success", "failed": "on_error", "cancelled": "on_cancel"}


def hook(action: str = "say") -> Node:
    """A hook."""
    return Node(name="hook", entry=True, action=action)


def with_end(plan: TaskPlan, *cleanup: Node, **more: Any) -> TaskPlan:
    """The plan with two steps of cleanup, one after the other, and a hook for each end; or with those given."""
    following = len(plan.nodes) + 1
    first = Node(name="clean", entry=True, final=True, action="ok", edges=(Edge(to=following),))
    nodes = cleanup or (first, Node(name="report", final=True, incoming=1, action="ok"))
    given = {"hooks": {key: (hook(),) for key in KEYS.values()}, **more}
    return attrs.evolve(plan, nodes=(*plan.nodes, *nodes), **given)
