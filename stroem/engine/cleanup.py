"""The steps of a task that run after its flow, whatever happened: its `finally`."""

from collections.abc import Iterator

import attrs

from stroem.definitions.task import Task
from stroem.definitions.workspace import Definitions
from stroem.engine.dag import dag
from stroem.engine.graph import Graph
from stroem.engine.plan import moved
from stroem.errors import NotRunnable
from stroem.interfaces.dialect import Flow
from stroem.interfaces.nodes import ROOT


def with_cleanup(flow: Flow, name: str, task: Task, definitions: Definitions) -> Flow:
    """The flow of a task, with the nodes of its `finally` behind its own. Raises NotRunnable."""
    if not task.finally_:
        return flow
    if flow.output != "map":
        raise NotRunnable(task=name, reason="has the output of its last step, which would be one of `finally`")
    cleanup = dag(name, attrs.evolve(task, flow=task.finally_, finally_={}), definitions)
    behind = (moved(node, len(flow.nodes), ROOT) for node in cleanup.nodes)
    return attrs.evolve(flow, nodes=(*flow.nodes, *(attrs.evolve(node, final=True) for node in behind)))


def cleanup_faults(drawn: Graph) -> Iterator[str]:
    """The mistakes in the nodes that run at the end of the job."""
    for node in drawn.nodes:
        around = None if node.parent == ROOT else drawn.node(node.parent)
        if around is not None and around.final != node.final:
            yield f"node {node.name!r} and the node around it do not both run at the end of the job"
        for edge in node.edges:
            if drawn.node(edge.to).final != node.final:
                yield f"an edge of node {node.name!r} leads from the flow to the end of the job, or back"
