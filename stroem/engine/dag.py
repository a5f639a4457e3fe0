"""Flows of steps that depend on one another."""

from collections.abc import Mapping
from typing import get_args

import attrs

from stroem.conversion.canonical import to_json
from stroem.definitions.action import Action
from stroem.definitions.flow_paths import group_of, name_of
from stroem.definitions.task import DependencyCondition, Step, Task
from stroem.definitions.values import Json
from stroem.definitions.workspace import Definitions
from stroem.engine.items import MATRIX
from stroem.engine.retries import policy_of
from stroem.engine.values.approval_terms import terms_input
from stroem.engine.values.forms import FIELDS
from stroem.interfaces.dialect import MAX_STEPS, Flow
from stroem.interfaces.nodes import ROOT, Condition, Edge, Node, Outcome
from stroem.templating.template import as_expression

SERVER_SIDE = frozenset({"approval", "wait", "signal"})
"""Types of actions that are kinds of steps without a worker."""
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_ENDS: Mapping[DependencyCondition, tuple[Outcome, ...]] = {
    "success": ("completed",),
    "failure": ("failed",),
    "skipped": ("skipped",),
    "always": _OUTCOMES,
}


def dag(name: str, task: Task, definitions: Definitions) -> Flow:
    """The nodes of a task, with an edge for each dependency. The body of a loop stands behind it."""
    drawn = _Drawing(task.flow)
    edges: dict[str, list[Edge]] = {step: [] for step in task.flow}
    for key, step in task.flow.items():
        for dependency in dict.fromkeys(step.depends_on):
            edges[dependency].append(Edge(to=drawn.numbers[key], on=_ends(step, dependency)))
    nodes: list[Node] = []
    for key, step in task.flow.items():
        place = _place(key, step, edges[key], drawn)
        work = definitions.actions.get(step.action)
        if _has_body(step):
            body = Node(name=place.name, parent=drawn.numbers[key], entry=True)
            nodes += [_loop(place, step), _worked(body, step, work)]
        else:
            nodes.append(_worked(place, step, work))
    return Flow(nodes=tuple(nodes))


class _Drawing:
    """Numbers of the nodes of steps, and of the blocks or bodies inside which the steps of groups are."""

    def __init__(self, flow: Mapping[str, Step]) -> None:
        self.numbers: dict[str, int] = {}
        self.inside: dict[str | None, int] = {None: ROOT}
        following = 0
        for key, step in flow.items():
            self.numbers[key] = following
            following += 2 if _has_body(step) else 1
            self.inside[key] = following - 1


def _ends(step: Step, dependency: str) -> tuple[Outcome, ...]:
    condition = step.depends_on_conditions.get(dependency)
    if condition is not None:
        return _ENDS[condition]
    return _OUTCOMES if step.continue_on_failure else ("completed",)


def _has_body(step: Step) -> bool:
    return step.is_loop or step.repeats


def _place(key: str, step: Step, edges: list[Edge], drawn: _Drawing) -> Node:
    """The node of a step without its work."""
    return Node(
        name=name_of(key),
        parent=drawn.inside[group_of(key)],
        entry=not step.depends_on,
        edges=tuple(edges),
        tolerant=step.continue_on_failure,
        optional=step.continue_on_failure,
        when=None if step.when is None else as_expression(step.when),
        conditions=tuple(
            Condition(node=drawn.numbers[dependency], on=_ENDS[condition])
            for dependency, condition in step.depends_on_conditions.items()
            if condition != "always"
        ),
        title=step.name,
        description=step.description,
    )


def _loop(place: Node, step: Step) -> Node:
    loop = attrs.evolve(place, kind="loop", action=step.action)
    if step.repeats:
        again = None if step.while_ is None else as_expression(step.while_)
        until = None if step.until is None else as_expression(step.until)
        return attrs.evolve(loop, again=again, until=until, most=step.max_rounds, output="last")
    return attrs.evolve(
        loop,
        items=_items(step),
        limit=1 if step.sequential else step.max_concurrency,
        stops=step.sequential and not step.continue_on_failure,
        aborts=step.fail_fast,
        most=MAX_STEPS,
        output="list",
    )


def _items(step: Step) -> Json:
    if step.matrix is not None:
        return {MATRIX: {axis: _listed(values) for axis, values in step.matrix.items()}}
    return _listed(step.for_each)


def _listed(given: Json) -> Json:
    is_list = isinstance(given, str) and given.lstrip().startswith("[")
    return as_expression(given) if isinstance(given, str) and not is_list else given


def _worked(place: Node, step: Step, action: Action | None) -> Node:
    """The node with its work: an action, another task, the steps of a group, or a kind of step without a worker."""
    work = attrs.evolve(place, action=step.action, input=step.input, timeout=step.timeout, limits=step.limits)
    if step.is_group:
        return attrs.evolve(work, kind="block")
    if action is not None and action.type in SERVER_SIDE:
        return attrs.evolve(work, kind=action.type, input=_settings(action, step))
    work = attrs.evolve(
        work,
        retry=policy_of(step.retry or (None if action is None else action.retry)),
        artifacts=step.artifacts,
        cache=step.cache,
    )
    if action is not None and action.type == "task":
        return attrs.evolve(work, kind="task", task=action.task, workspace=action.workspace, detached=not action.wait)
    return work


def _settings(action: Action, step: Step) -> dict[str, Json]:
    """The input of a kind of step without a worker: what its action says, and under `input` that of the step."""
    form = {"approval": action.input, "signal": action.payload}.get(action.type, {})
    given: Mapping[str, Json] = {
        "message": action.message,
        "on_reject": action.on_reject if action.on_reject != "fail" else None,
        "on_timeout": action.on_timeout if action.on_timeout != "fail" else None,
        "remind": list(action.remind) or None,
        "remind_hooks": action.remind_hooks or None,
        **terms_input(action.approvers, action.quorum, action.four_eyes),
        "for": action.for_,
        "until": action.until,
        "name": action.signal,
        "input": step.input or None,
        FIELDS: {name: to_json(field) for name, field in form.items()},
    }
    return {key: value for key, value in given.items() if value not in (None, {})}
