"""Plans come back from their JSON."""

import typing

import attrs

from stroem.conversion import canonical
from stroem.definitions.action import Action
from stroem.definitions.field import InputField
from stroem.engine.plan import TaskPlan
from stroem.interfaces.nodes import Edge, Node

PLAN = TaskPlan(
    task="t",
    actions={"a": Action(type="script", script="true", options={"deep": [1, {"two": None}]})},
    input={"name": InputField(type="string", default=["x", 2])},
    secrets={"token": "s"},
    nodes=(Node(name="s", action="a", input={"x": {"y": [True, 1.5]}}, edges=(Edge(to=0, on=("failed",)),)),),
)


def test_a_plan_comes_back_as_it_was_even_when_its_types_were_looked_at() -> None:
    for cls in (Action, InputField, Node, TaskPlan):
        attrs.resolve_types(cls)  # as for the schema of a class
        typing.get_type_hints(cls)

    assert canonical.from_json(canonical.parse(canonical.to_bytes(PLAN)), TaskPlan) == PLAN
