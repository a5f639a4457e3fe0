"""Outputs of other steps that templates read."""

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.templating.language.hyphens import underscored
from stroem.templating.template import references


def outputs_read(plan: TaskPlan, node: int, templates: Json) -> set[int]:
    """The nodes whose outputs the templates of a node read: as `build.output`, or the step `build` as a whole."""
    names = {number: plan.node(number).name for number in plan.node(node).reads}
    variables = {underscored(name): number for number, name in names.items()}
    paths = references(templates, steps=tuple(names.values()))
    return {variables[path[0]] for path in paths if path[0] in variables and path[1:2] in ((), ("output",))}
