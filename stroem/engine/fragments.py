"""Fragments: plans that programs make while their job runs."""

from collections.abc import Iterator, Mapping

import attrs

from stroem.conversion.structure import located, make_converter
from stroem.definitions.action import Action
from stroem.definitions.values import Json
from stroem.engine.compile import completed, faults, paths_read
from stroem.engine.graph import Graph
from stroem.engine.plan import TaskPlan
from stroem.errors import NotRunnable
from stroem.interfaces.nodes import Node

_CONVERTER = make_converter(unknown_keys=False)


@attrs.frozen(kw_only=True)
class _Document:
    nodes: tuple[Node, ...]
    actions: dict[str, Action] = attrs.Factory(dict)


def read_fragment(document: Json, plan: TaskPlan, abilities: Mapping[str, str]) -> TaskPlan:
    """The plan in a document `{nodes: […], actions: {…}}`, with nodes that count from 0.

    It may use the actions of the job's `plan`, and reads no secrets and connections but the plan's. Raises NotRunnable
    with every mistake at once.
    """
    try:
        found = _CONVERTER.structure(document, _Document)
    except Exception as error:
        mistakes = "; ".join(map(str, located(error)))
        raise NotRunnable(task=plan.task, reason=f"a plan made at run time is not valid: {mistakes}") from error
    drawn, actions = Graph(nodes=found.nodes), {**plan.actions, **found.actions}
    if problems := "; ".join((*faults(drawn, actions), *_unknown_limits(drawn, plan))):
        raise NotRunnable(task=plan.task, reason=f"a plan made at run time is not valid: {problems}")
    nodes = completed(drawn, paths_read(drawn, actions), actions, abilities)
    return TaskPlan(task=plan.task, nodes=tuple(nodes), actions=found.actions)


def _unknown_limits(drawn: Graph, plan: TaskPlan) -> Iterator[str]:
    """The limits that the task of the job does not name: their sizes are not known."""
    known = {*plan.limits, *plan.job_limits}
    for node in drawn.nodes:
        for name in node.limits:
            if name not in known:
                yield f"node {node.name!r} names the limit {name!r}, which its task does not name"
