"""Nodes of two plans of a task, compared by their places."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import ROOT, Node

Place = tuple[str, ...]
"""The names of the nodes around a node, from the outside, and its own."""
_ELSEWHERE = frozenset({"parent", "edges", "incoming", "conditions", "reads", "title", "description", "action"})
"""Fields that are numbers in their plan or have no effect, and the action, which is compared by its content."""


@attrs.frozen(kw_only=True)
class NodeDifference:
    """A node that is in one plan only, or that differs. `parts` are what differs."""

    place: Place
    kind: str
    parts: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """The difference as a reason not to keep the step."""
        if self.kind == "removed":
            return "the release has no such step"
        return f"the release differs in {' and '.join(self.parts)}" if self.parts else "the release adds it"


@attrs.frozen(kw_only=True)
class NodePairs:
    """The nodes of a former plan by number, with the equal nodes of another, and all differences."""

    equal: Mapping[int, int]
    differences: Mapping[Place, NodeDifference]


def places_of(plan: TaskPlan) -> list[Place]:
    """The place of each node."""
    found: list[Place] = []
    for node in plan.nodes:  # a node stands behind the node around it
        found.append((*(() if node.parent == ROOT else found[node.parent]), node.name))
    return found


def node_pairs(former: TaskPlan, plan: TaskPlan) -> NodePairs:
    """Compares the nodes of two plans. Edges from a node count as a part of the nodes that they lead to."""
    if former is plan or (former.nodes == plan.nodes and former.actions == plan.actions):
        return NodePairs(equal={number: number for number in range(len(former.nodes))}, differences={})
    before, after = places_of(former), places_of(plan)
    there = {place: number for number, place in enumerate(after)}
    known = set(before)
    equal: dict[int, int] = {}
    found = [NodeDifference(place=place, kind="added") for place in after if place not in known]
    for number, place in enumerate(before):
        if (other := there.get(place)) is None:
            found.append(NodeDifference(place=place, kind="removed"))
        elif parts := _differences(former, number, plan, other):
            found.append(NodeDifference(place=place, kind="changed", parts=parts))
        else:
            equal[number] = other
    return NodePairs(equal=equal, differences={one.place: one for one in found})


def _differences(former: TaskPlan, number: int, plan: TaskPlan, other: int) -> tuple[str, ...]:
    before, after = _parts(former, number), _parts(plan, other)
    return tuple(sorted(part for part in before if before[part] != after[part]))


def _parts(plan: TaskPlan, number: int) -> dict[str, Any]:
    node = plan.node(number)
    parts = {field.name: getattr(node, field.name) for field in attrs.fields(Node) if field.name not in _ELSEWHERE}
    parts["action"] = (node.action, plan.actions.get(node.action))
    parts["dependencies"] = _dependencies(plan, number)
    if node.kind == "choice":
        parts["branches"] = [(plan.node(edge.to).name, edge.on, edge.test) for edge in node.edges]
    return parts


def _dependencies(plan: TaskPlan, number: int) -> Any:
    node = plan.node(number)
    edges = {
        (plan.node(source).name, edge.on, edge.handles)
        for source in plan.dependencies[number]
        for edge in plan.node(source).edges
        if edge.to == number
    }
    return edges, {(plan.node(one.node).name, one.on) for one in node.conditions}
