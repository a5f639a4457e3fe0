"""Resolves names of connections to their values."""

from collections.abc import Mapping

from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.errors import FieldError, InvalidInput
from stroem.templating.budget import Budget
from stroem.templating.template import render


def resolve_connection(
    kind: str, value: Json, plan: TaskPlan, context: Mapping[str, object], budget: Budget, field: str = ""
) -> Json:
    """The values of the connection called `value`, or `value` itself when it is a mapping of values.

    Templates in the connection see only `secret`. Raises InvalidInput when there is no such connection of this type.
    """
    if isinstance(value, Mapping):
        return _with_defaults(kind, value, plan)
    connection = plan.connections.get(value) if isinstance(value, str) else None
    if connection is None or connection.type != kind:
        known = sorted(name for name, other in plan.connections.items() if other.type == kind)
        message = f"expected the name of a connection of type {kind!r}: {', '.join(known) or 'there is none'}"
        raise InvalidInput(problems=f"{field}: {message}", fields=(FieldError(field=field, message=message),))
    rendered = render(connection.values, {"secret": context.get("secret", {})}, budget=budget)
    return _with_defaults(kind, rendered if isinstance(rendered, Mapping) else {}, plan)


def _with_defaults(kind: str, values: Mapping[str, Json], plan: TaskPlan) -> Json:
    properties = plan.connection_types.get(kind, {})
    defaults = {name: one.default for name, one in properties.items() if one.default is not None}
    return {**defaults, **values}
