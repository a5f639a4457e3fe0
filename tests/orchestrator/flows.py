"""Tasks of nodes, without a dialect."""

from collections.abc import Mapping
from typing import Any, Literal

from stroem.definitions.action import Action
from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.engine.dag import dag
from stroem.interfaces.dialect import MAX_STEPS, Flow
from stroem.interfaces.nodes import Edge, Node

TRUE = Action(type="script", script="true")
ECHO = Action(type="script", script="echo {{ input.text }}")


class Flows:
    """Flows by the name of their task, and definitions by release. Other tasks are of the ordinary dialect."""

    def __init__(self) -> None:
        self.definitions: dict[int, Definitions] = {}
        self._flows: dict[str, Flow] = {}

    def put(
        self,
        name: str,
        *nodes: Node,
        actions: Mapping[str, Action] | None = None,
        output: Literal["map", "last"] = "map",
        max_steps: int = MAX_STEPS,
        children: Definitions | None = None,
        **task: Any,
    ) -> Definitions:
        """Adds a task; returns a workspace of it and of `children`."""
        self._flows[name] = Flow(nodes=nodes, output=output, max_steps=max_steps)
        known = {} if children is None else children.tasks
        return Definitions(
            tasks={**known, name: Task(flow={}, **task)}, actions={"true": TRUE, "echo": ECHO, **(actions or {})}
        )

    def flow_of(self, name: str, task: Task, definitions: Definitions) -> Flow:
        """The flow of a task."""
        return self._flows[name] if name in self._flows and not task.flow else dag(name, task, definitions)

    async def definitions_of(self, release_id: int) -> Definitions:
        """The definitions of a release."""
        return self.definitions[release_id]


def action(name: str, **more: Any) -> Node:
    """A node of the action `true`, an entry of its scope."""
    return Node(**{"name": name, "action": "true", "entry": True, **more})


def then(to: int, **more: Any) -> tuple[Edge, ...]:
    """The edges of a node with one successor."""
    return (Edge(to=to, **more),)


def nodes_with_a_pin() -> tuple[Node, ...]:
    """Nodes that take the input `pin` as an item and as a variable, and echo both."""
    text, writes = {"v": "{{ input.pin }}"}, {"pin": "{{ output.v }}"}
    return (
        Node(name="each-of", kind="loop", entry=True, items=["{{ input.pin }}"], edges=then(2)),
        action("say", parent=0, action="echo", input={"text": "{{ each.item }}"}),
        Node(name="set", kind="assign", input=text, writes=writes, edges=then(3)),
        action("use", entry=False, action="echo", input={"text": "{{ pin }}"}),
    )
