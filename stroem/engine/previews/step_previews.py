"""Previews of the steps of a plan: what is known of them before a job starts."""

from collections.abc import Collection, Iterator, Mapping

import attrs

from stroem.definitions.field import InputField
from stroem.definitions.kinds import STATE_ROOTS
from stroem.definitions.values import Json
from stroem.engine.items import NotItems, items_of
from stroem.engine.plan import TaskPlan
from stroem.engine.requests import Scope
from stroem.engine.values.rendering import evaluate
from stroem.engine.values.truth import truth
from stroem.errors import StroemError
from stroem.interfaces.nodes import Node
from stroem.templating.budget import Budget
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import references

_EACH = "each"


@attrs.frozen(kw_only=True)
class StepPreview:
    """Preview of the steps of a node, made from the input of the job alone.

    - `input`: the values that are known; `later`: templates of others, by key, with what they read: steps, `state`,
      `each` (the item of a loop).
    - `condition`: the value of `when`; None without one, and if it is not known. `items`: of a loop, their number, or
      None. `problems`: templates that fail.
    """

    node: int
    input: Mapping[str, Json]
    later: Mapping[str, tuple[str, ...]]
    condition: bool | None = None
    items: int | None = None
    problems: tuple[str, ...] = ()


def previews(plan: TaskPlan, values: Mapping[str, Json], budget: Budget) -> list[StepPreview]:
    """The previews of all nodes but the bodies of loops, in the order of the plan. `values` is the job's input."""
    return [
        _preview(plan, number, values, budget)
        for number, node in enumerate(plan.nodes)
        if node.parent < 0 or plan.node(node.parent).kind != "loop"
    ]


def worker_of(plan: TaskPlan, number: int) -> Node | None:
    """The node whose steps workers run: the node itself or the body of a loop. None if no worker does."""
    node = plan.node(number)
    if node.kind == "loop":
        return worker_of(plan, plan.entries(number)[0])
    return node if node.kind == "action" else None


def _preview(plan: TaskPlan, number: int, values: Mapping[str, Json], budget: Budget) -> StepPreview:
    node = plan.node(number)
    own = plan.entries(number)[0] if node.kind == "loop" else number
    problems: list[str] = []
    known = _inherited(plan, own, values)
    later: dict[str, tuple[str, ...]] = {}
    for key, template in _templates(plan, own, known).items():
        if unknown := _unknown(plan, own, template):
            later[key] = unknown
            continue
        try:
            known[key] = evaluate(plan, own, template, Scope(), None, values, budget)
        except StroemError as error:
            problems.append(f"{key}: {error}")
    condition = None
    if node.when is not None and not _unknown(plan, number, node.when):
        try:
            condition = truth(evaluate(plan, number, node.when, Scope(), None, values, budget))
        except StroemError as error:
            problems.append(f"when: {error}")
    items = None
    if node.kind == "loop" and node.items is not None and not _unknown(plan, number, node.items):
        try:
            items = len(items_of(evaluate(plan, number, node.items, Scope(), None, values, budget), node.most))
        except (StroemError, NotItems) as error:
            problems.append(f"items: {error}")
    return StepPreview(
        node=number, input=known, later=later, condition=condition, items=items, problems=tuple(problems)
    )


def _inherited(plan: TaskPlan, number: int, values: Mapping[str, Json]) -> dict[str, Json]:
    """The fields that a step takes from the input of the job, since its own input has none of them."""
    node = plan.node(number)
    declared = _declared(plan, node)
    return {name: values[name] for name in declared if name in values and name not in node.input}


def _templates(plan: TaskPlan, number: int, inherited: Mapping[str, Json]) -> dict[str, Json]:
    """The input of a node, and the defaults of fields that it has not from elsewhere."""
    node = plan.node(number)
    defaults = {name: field.default for name, field in _declared(plan, node).items() if field.default is not None}
    return {**{name: value for name, value in defaults.items() if name not in inherited}, **node.input}


def _declared(plan: TaskPlan, node: Node) -> Mapping[str, InputField]:
    action = plan.actions.get(node.action) if node.kind in ("action", "task") else None
    return {} if action is None else action.input


def _unknown(plan: TaskPlan, number: int, template: Json) -> tuple[str, ...]:
    """References of a template to values that only a running job has: steps, `each`, state."""
    names = plan.visible(plan.node(number).parent)
    variables = {underscored(name): name for name in names}
    return tuple(dict.fromkeys(_roots(references([template], steps=names), variables)))


def _roots(paths: Collection[tuple[str, ...]], variables: Mapping[str, str]) -> Iterator[str]:
    for path in sorted(paths):
        if path[0] in variables:
            yield variables[path[0]]
        elif path[0] == _EACH or path[0] in STATE_ROOTS:
            yield path[0]
