"""Resolves names of connections to their values."""

from collections.abc import Iterator, Mapping

from stroem.conversion.suggestions import nearest
from stroem.definitions.connection import ConnectionProperty
from stroem.definitions.values import Json
from stroem.engine.plan import TaskPlan
from stroem.engine.values.field_values import EXPECTED, typed
from stroem.errors import FieldError, InvalidInput
from stroem.templating.budget import Budget
from stroem.templating.template import render


def resolve_connection(
    kind: str, value: Json, plan: TaskPlan, context: Mapping[str, object], budget: Budget, field: str = ""
) -> Json:
    """The values of the connection called `value`, or `value` itself when it is a mapping of values.

    Templates in connections and in defaults of their types see only `secret`. Raises InvalidInput, with every mistake:
    no such connection of this type, properties that are missing or of another type. No value is shown in it.
    """
    properties = plan.connection_types.get(kind, {})
    secrets = {"secret": context.get("secret", {})}
    defaults = {name: one.default for name, one in properties.items() if one.default is not None}
    given = value if isinstance(value, Mapping) else render(_named(kind, value, plan, field), secrets, budget=budget)
    missing = {name: default for name, default in defaults.items() if _value(given, name) is None}
    values = {**_mapping(given), **_mapping(render(missing, secrets, budget=budget) if missing else {})}
    if problems := tuple(_problems(properties, values, field)):
        listed = "; ".join(f"{problem.field} {problem.message}" for problem in problems)
        raise InvalidInput(problems=listed, fields=problems)
    return values


def _named(kind: str, value: Json, plan: TaskPlan, field: str) -> Json:
    """The values of a connection of a type, as they are written."""
    connection = plan.connections.get(value) if isinstance(value, str) else None
    if connection is not None and connection.type == kind:
        return connection.values
    known = sorted(name for name, other in plan.connections.items() if other.type == kind)
    if connection is not None:
        message = f"is a connection of type {connection.type!r}, not {kind!r}; of that type: {_listed(known)}"
    else:
        meant = nearest(value, known) if isinstance(value, str) else None
        hint = f"did you mean {meant!r}?" if meant else f"of that type: {_listed(known)}"
        message = f"must be the name of a connection of type {kind!r}, or its values; {hint}"
    raise InvalidInput(problems=f"{field} {message}", fields=(FieldError(field=field, message=message),))


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "there is none"


def _problems(
    properties: Mapping[str, ConnectionProperty], values: Mapping[str, Json], field: str
) -> Iterator[FieldError]:
    for name, one in properties.items():
        value = values.get(name)
        if value is None or value == "":
            if one.required:
                yield FieldError(field=f"{field}.{name}", message=f"is required ({one.type})")
            continue
        try:
            typed(one.type, value)
        except ValueError:
            yield FieldError(field=f"{field}.{name}", message=f"must be {EXPECTED[one.type]}")


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _value(values: Json, name: str) -> Json:
    return values.get(name) if isinstance(values, Mapping) else None
