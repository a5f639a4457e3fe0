"""Checks of input fields, connections and connection types."""

from collections.abc import Callable, Mapping

from stroem.conversion import literals, scalars
from stroem.conversion.mistake import Mistake, Mistakes, Near
from stroem.conversion.scalars import shown
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import PRIMITIVE_TYPES, InputField, OutputField
from stroem.definitions.values import Json, Path, env_name_problem
from stroem.engine.values.declared_outputs import output_problem
from stroem.templating.template import is_template
from stroem.validation.library_names import note_missing
from stroem.validation.scope import View
from stroem.validation.templates import TemplateContext, check_templates

_SECRETS_ONLY = TemplateContext(roots=frozenset({"secret"}))


def check_fields(
    fields: Mapping[str, InputField],
    path: Path,
    view: View,
    mistakes: Mistakes,
    context: TemplateContext = _SECRETS_ONLY,
) -> None:
    """Notes unknown types, and defaults and options of another type."""
    for name, field in fields.items():
        if field.type not in PRIMITIVE_TYPES:
            _check_connection_field(field, (*path, name), view, mistakes)
        elif field.default is not None or field.options is not None:
            check_templates(field.default, (*path, name, "default"), context, view, mistakes)
            _check_values(field, (*path, name), mistakes)


def check_outputs(fields: Mapping[str, OutputField], path: Path, mistakes: Mistakes) -> None:
    """Notes defaults of outputs that are no values of their fields, or of secret ones."""
    for name, field in fields.items():
        if field.default is None:
            continue
        at = (*path, name, "default")
        if field.secret:
            message, hint = "a secret output has no default", "leave it out, or name a secret in a template of the step"
            mistakes.append(Mistake(code="conflicting-keys", message=message, path=at, hint=hint, at_key=True))
        elif isinstance(field.default, str) and is_template(field.default):
            message, hint = "the default of an output is a value, not a template", "set the output in the step"
            mistakes.append(Mistake(code="invalid-value", message=message, path=at, hint=hint))
        elif (problem := output_problem({name: field}, {name: field.default})) is not None:
            mistakes.append(Mistake(code="invalid-value", message=problem.partition(": ")[2], path=at))


def check_env(env: Mapping[str, str], path: Path, mistakes: Mistakes) -> None:
    """Notes invalid names of environment variables."""
    for name in env:
        if message := env_name_problem(name):
            mistakes.append(Mistake(code="invalid-name", message=message, path=(*path, name), at_key=True))


def check_connection(connection: Connection, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes unknown types, and missing, empty, unknown and mistyped properties."""
    check_templates(connection.values, path, _SECRETS_ONLY, view, mistakes)
    if connection.type is None:
        return
    properties = view.connection_type(connection.type)
    if properties is None:
        _check_type(connection.type, (*path, "type"), view, mistakes)
        return
    for name, prop in properties.items():
        if prop.required and prop.default is None and connection.values.get(name) is None:
            message = f"{name!r} is missing: connections of type {connection.type!r} need it"
            mistakes.append(Mistake(code="missing-key", message=message, path=path, at_key=True))
    for name, value in connection.values.items():
        if name in properties:
            _check_property(properties[name], value, (*path, name), mistakes)
        else:
            message = f"connections of type {connection.type!r} have no property {name!r}"
            near = Near(name=name, names=tuple(properties))
            mistakes.append(
                Mistake(
                    code="unknown-key", message=message, path=(*path, name), near=near, at_key=True, severity="warning"
                )
            )


def check_property_defaults(
    properties: Mapping[str, ConnectionProperty], path: Path, view: View, mistakes: Mistakes
) -> None:
    """Notes defaults that do not fit the type of their property."""
    for name, prop in properties.items():
        if prop.default is not None:
            default_path = (*path, name, "default")
            check_templates(prop.default, default_path, _SECRETS_ONLY, view, mistakes)
            _check_fit(prop.type, prop.default, default_path, mistakes)


def fits(kind: str, value: Json) -> bool:
    """Whether a value can be taken for a primitive type. Templates can become anything; numbers may come as text."""
    if isinstance(value, str) and is_template(value):
        return True
    if kind == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return False
    try:
        _READERS[kind](value)
    except ValueError:
        return False
    return True


def check_value(field: InputField, value: Json, path: Path, mistakes: Mistakes) -> None:
    """Notes a value given to a field that the field does not take."""
    if field.type not in PRIMITIVE_TYPES or value is None:
        return
    if not field.multiple:
        _check_fit(field.type, value, path, mistakes)
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            _check_fit(field.type, entry, (*path, index), mistakes)
    elif not (isinstance(value, str) and is_template(value)):
        message = "expected a list, since the field takes several values"
        mistakes.append(Mistake(code="wrong-type", message=message, path=path))


_READERS: Mapping[str, Callable[[str | int | float], object]] = {
    "string": str,
    "text": str,
    "integer": literals.whole_number,
    "number": literals.number,
    "date": literals.date,
    "datetime": literals.timestamp,
}
_EXAMPLES = {"date": "write it like 2026-01-31", "datetime": "write it like 2026-01-31T08:00:00Z"}


def _check_fit(kind: str, value: Json, path: Path, mistakes: Mistakes) -> None:
    if not fits(kind, value):
        found = shown(value) if isinstance(value, str | int | float) else "a collection"
        message = f"{found} is no {kind}"
        mistakes.append(Mistake(code="wrong-type", message=message, path=path, hint=_fitting(kind, value)))


def _fitting(kind: str, value: Json) -> str | None:
    """Hint for a value that does not fit."""
    word = scalars.BOOLEANS.get(value.lower()) if kind == "boolean" and isinstance(value, str) else None
    return f"write {word}" if word else _EXAMPLES.get(kind)


def _check_values(field: InputField, path: Path, mistakes: Mistakes) -> None:
    for index, option in enumerate(field.options or ()):
        _check_fit(field.type, option, (*path, "options", index), mistakes)
    if field.options is not None and not field.options:
        mistakes.append(
            Mistake(code="invalid-value", message="there are no options to choose from", path=(*path, "options"))
        )
    default_path = (*path, "default")
    check_value(field, field.default, default_path, mistakes)
    if field.options and not field.allow_custom:
        chosen = field.default if isinstance(field.default, list | tuple) else [field.default]
        for value in chosen:
            is_free = value is None or (isinstance(value, str) and is_template(value))
            if not is_free and value not in field.options:
                message = f"the default {shown(value)} is not among the options"
                mistakes.append(Mistake(code="invalid-value", message=message, path=default_path))


def _check_type(name: str, path: Path, view: View, mistakes: Mistakes) -> None:
    if view.has("connection_types", name):
        return
    note_missing("connection_types", name, path, view, mistakes)


def _check_connection_field(field: InputField, path: Path, view: View, mistakes: Mistakes) -> None:
    type_path = (*path, "type")
    if view.connection_type(field.type) is None and not view.has("connection_types", field.type):
        note_missing("field types", field.type, type_path, view, mistakes)
    elif isinstance(field.default, str) and not is_template(field.default) and not view.is_of_library:
        _check_default_connection(field, field.default, (*path, "default"), view, mistakes)


def _check_default_connection(field: InputField, name: str, path: Path, view: View, mistakes: Mistakes) -> None:
    connection = view.connection(name)
    if connection is not None:
        if connection.type != field.type:
            message = f"connection {name!r} is of type {connection.type!r}, not {field.type!r}"
            mistakes.append(Mistake(code="wrong-type", message=message, path=path))
    elif not view.has("connections", name):
        message = f"there is no connection {name!r}"
        near = Near(name=name, kind="connections")
        mistakes.append(Mistake(code="unknown-connection", message=message, path=path, near=near))


def _check_property(prop: ConnectionProperty, value: Json, path: Path, mistakes: Mistakes) -> None:
    if value == "":
        mistakes.append(Mistake(code="invalid-value", message="the value is empty", path=path))
    elif value is not None:
        _check_fit(prop.type, value, path, mistakes)
