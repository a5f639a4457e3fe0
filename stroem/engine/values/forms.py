"""Forms of approvals and payloads of signals: the fields that the answer to a step fills in."""

import attrs

from stroem.conversion.structure import located, make_converter
from stroem.definitions.field import InputField
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.state import APPROVAL
from stroem.interfaces.nodes import Node

FIELDS = "fields"
"""The key of the form in the input of a step."""
KINDS = frozenset({APPROVAL, "signal"})
"""The kinds of steps whose answers may have fields."""
_CONVERTER = make_converter(unknown_keys=False)


class InvalidForm(ValueError):
    """The form of a step is not valid."""


def read_form(given: Json) -> dict[str, InputField]:
    """The fields of a form, which are declared as the inputs of a task are. Raises InvalidForm with every mistake."""
    if given is None:
        return {}
    try:
        return _CONVERTER.structure(given, dict[str, InputField])
    except Exception as error:
        raise InvalidForm("; ".join(map(str, located(error)))) from error


def form_of(node: Node) -> dict[str, InputField]:
    """The form of an approval or the payload of a signal. Empty if there is none, or if it is not valid: then the steps
    of the node fail at their start.
    """
    try:
        return read_form(node.input.get(FIELDS)) if node.kind in KINDS else {}
    except InvalidForm:
        return {}


def form_problem(node: Node) -> str | None:
    """The mistake in the form of an approval, or in the payload of a signal, if any.

    A secret field may have a default only if that is a template: the plan of a job is stored without secrets.
    """
    if node.kind not in KINDS:
        return None
    try:
        form = read_form(node.input.get(FIELDS))
    except InvalidForm as error:
        return f"has a form that is not valid: {error}"
    for name, field in form.items():
        if field.secret and field.default is not None and "{{" not in str(field.default):
            return f"has a secret field {name!r} with a default; name a secret in a template instead"
        if field.options_from is not None:
            return f"has a field {name!r} with `options_from`, which is for the input of a task"
    return None


def with_form(plan: TaskPlan, node: Node) -> TaskPlan:
    """The plan with the form of a node in the place of the input of the task."""
    return attrs.evolve(plan, input=form_of(node))
