"""Secrets of jobs: of the workspace, of connections, of the input."""

from collections.abc import Iterator, Mapping

from stroem.definitions.connection import ConnectionProperty
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.forms import KINDS as FORM_KINDS
from stroem.engine.values.forms import form_of, with_form
from stroem.engine.values.state import APPROVAL
from stroem.interfaces.nodes import Node
from stroem.redaction.redactor import MARKER


def secrets_of(plan: TaskPlan, *inputs: Json) -> Iterator[Json]:
    """Secrets, secret properties of connections, and values and defaults of inputs that are declared secret."""
    yield plan.secrets
    for fields in (plan.input, *(action.input for action in plan.actions.values())):
        yield from (field.default for field in fields.values() if field.secret)
    for connection in plan.connections.values():
        yield from _secret_properties(plan.connection_types.get(connection.type or "", {}), connection.values)
    for properties in plan.connection_types.values():
        yield from (one.default for one in properties.values() if one.secret)
    for given in inputs:
        if isinstance(given, Mapping):
            yield from _of_input(plan, given)


def hide_secret_fields(plan: TaskPlan, given: Mapping[str, Json]) -> dict[str, Json]:
    """The input with the marker for its secret fields and secret properties, short ones too."""
    return {name: _hidden(plan, name, value) for name, value in given.items()}


def has_secret_form(plan: TaskPlan, node: Node) -> bool:
    """Whether people enter secrets into the form of a node: into secret fields, or into connections."""
    return any(field.secret or field.type in plan.connection_types for field in form_of(node).values())


def answer_secrets(plan: TaskPlan, node: Node, output: Json) -> list[Json]:
    """Secrets entered into the form of a node. `output` is the output of its step."""
    given = _answer(node, output)
    return [] if given is None else list(_of_input(with_form(plan, node), given))


def hide_answers(plan: TaskPlan, node: Node, output: Json) -> Json:
    """The output of an answered step with the marker for what was entered as a secret, also if it is short."""
    given = _answer(node, output)
    if given is None or not isinstance(output, Mapping):
        return output
    hidden = hide_secret_fields(with_form(plan, node), given)
    return {**output, "input": hidden} if node.kind == APPROVAL else hidden


def _answer(node: Node, output: Json) -> Mapping[str, Json] | None:
    """The values of the form in the output of an approval, or the payload of a signal."""
    if node.kind not in FORM_KINDS or not isinstance(output, Mapping):
        return None
    given = output.get("input") if node.kind == APPROVAL else output
    return given if isinstance(given, Mapping) else None


def _hidden(plan: TaskPlan, name: str, value: Json) -> Json:
    field = plan.input.get(name)
    if field is None or value is None:
        return value
    if field.secret:
        return MARKER
    properties = plan.connection_types.get(field.type, {})
    if properties and isinstance(value, Mapping):
        hidden = {key for key, one in properties.items() if one.secret and value.get(key) is not None}
        return {key: MARKER if key in hidden else entry for key, entry in value.items()}
    return value


def _of_input(plan: TaskPlan, given: Mapping[str, Json]) -> Iterator[Json]:
    for name, field in plan.input.items():
        value = given.get(name)
        if field.secret:
            yield value
        elif isinstance(value, Mapping):
            yield from _secret_properties(plan.connection_types.get(field.type, {}), value)


def _secret_properties(properties: Mapping[str, ConnectionProperty], values: Mapping[str, Json]) -> Iterator[Json]:
    for key, one in properties.items():
        if one.secret:
            yield values.get(key)
