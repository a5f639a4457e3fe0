"""Checks of input fields, connections and connection types."""

from collections.abc import Mapping, Sequence

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes, Near, invalid_value
from stroem.conversion.scalars import shown
from stroem.definitions.connection import Connection, ConnectionProperty
from stroem.definitions.field import PRIMITIVE_TYPES, InputField, OutputField
from stroem.definitions.secret_reference import InvalidReference, reference_of
from stroem.definitions.values import Json, Path, env_name_problem
from stroem.engine.values import field_values
from stroem.engine.values.declared_outputs import output_problem
from stroem.templating.template import is_template
from stroem.validation.field_limits import EXAMPLES, check_limits, check_within_limits
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
    """Notes unknown types, limits that cannot be, and defaults and options that the field does not take."""
    for name, field in fields.items():
        check_limits(field, (*path, name), mistakes)
        if field.type not in PRIMITIVE_TYPES:
            _check_connection_field(field, (*path, name), view, mistakes)
        elif field.default is not None or field.options is not None:
            check_templates(field.default, (*path, name, "default"), context, view, mistakes)
            _check_values(field, (*path, name), view, mistakes)


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
    """Notes invalid names of environment variables, and references to secrets that are none."""
    for name, value in env.items():
        if message := env_name_problem(name):
            mistakes.append(Mistake(code="invalid-name", message=message, path=(*path, name), at_key=True))
        is_reference(value, (*path, name), mistakes)


def is_reference(text: str, path: Path, mistakes: Mistakes) -> bool:
    """Whether a text is a reference to a secret in a store, or begins like one; notes the mistake in that."""
    try:
        return reference_of(text) is not None
    except InvalidReference as error:
        message = f"the text begins like one, but {error}"
        hint = "STORE is a name under `secret_stores` of the server's settings"
        mistakes.append(Mistake(code="invalid-value", message=message, path=path, hint=hint))
        return True


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
    try:
        field_values.typed(kind, value)
    except ValueError:
        return False
    return True


def check_value(field: InputField, value: Json, path: Path, view: View, mistakes: Mistakes) -> None:
    """Notes a value given to a field that the field does not take, or the name of a connection of another type."""
    if value is None:
        return
    if field.type not in PRIMITIVE_TYPES:
        if isinstance(value, str) and value and not is_template(value) and not view.is_of_library:
            _check_connection_name(field, value, path, view, mistakes)
        return
    if not field.multiple:
        _check_one(field, value, path, mistakes)
    elif isinstance(value, list | tuple):
        _check_items(field, value, path, mistakes)
    elif not (isinstance(value, str) and (is_template(value) or not value)):
        message = "expected a list, since the field takes several values"
        mistakes.append(Mistake(code="wrong-type", message=message, path=path))


def _check_items(field: InputField, items: Sequence[Json], path: Path, mistakes: Mistakes) -> None:
    for problem in field_values.item_problems(field, len(items)):
        mistakes.append(invalid_value(path, f"the list {problem}"))
    for index, entry in enumerate(items):
        _check_one(field, entry, (*path, index), mistakes)


def _check_one(field: InputField, value: Json, path: Path, mistakes: Mistakes) -> None:
    found = len(mistakes)
    _check_fit(field.type, value, path, mistakes)
    if len(mistakes) == found:
        check_within_limits(field, value, path, mistakes)


def _check_fit(kind: str, value: Json, path: Path, mistakes: Mistakes) -> None:
    if not fits(kind, value):
        found = shown(value) if isinstance(value, str | int | float) else "a collection"
        message = f"{found} is no {kind}"
        mistakes.append(Mistake(code="wrong-type", message=message, path=path, hint=_fitting(kind, value)))


def _fitting(kind: str, value: Json) -> str | None:
    """Hint for a value that does not fit."""
    word = scalars.BOOLEANS.get(value.lower()) if kind == "boolean" and isinstance(value, str) else None
    return f"write {word}" if word else EXAMPLES.get(kind)


def _check_values(field: InputField, path: Path, view: View, mistakes: Mistakes) -> None:
    for index, option in enumerate(field.options or ()):
        _check_one(field, option, (*path, "options", index), mistakes)
    if field.options is not None and not field.options:
        mistakes.append(invalid_value((*path, "options"), "there are no options to choose from"))
    check_value(field, field.default, (*path, "default"), view, mistakes)


def _check_type(name: str, path: Path, view: View, mistakes: Mistakes) -> None:
    if view.has("connection_types", name):
        return
    note_missing("connection_types", name, path, view, mistakes)


def _check_connection_field(field: InputField, path: Path, view: View, mistakes: Mistakes) -> None:
    type_path = (*path, "type")
    if view.connection_type(field.type) is None and not view.has("connection_types", field.type):
        note_missing("field types", field.type, type_path, view, mistakes)
    else:
        check_value(field, field.default, (*path, "default"), view, mistakes)


def _check_connection_name(field: InputField, name: str, path: Path, view: View, mistakes: Mistakes) -> None:
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
        mistakes.append(invalid_value(path, "the value is empty"))
    elif value is not None:
        _check_fit(prop.type, value, path, mistakes)
