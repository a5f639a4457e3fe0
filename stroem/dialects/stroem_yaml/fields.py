"""Input and output fields: types and conflicting keys."""

from collections.abc import Mapping
from typing import Any

import attrs

from stroem.conversion import scalars
from stroem.conversion.mistake import Mistake, Mistakes
from stroem.conversion.record import Record
from stroem.conversion.scalars import WRONG
from stroem.definitions.connection import ConnectionProperty
from stroem.definitions.field import OUTPUT_TYPES, PRIMITIVE_TYPES, InputField, OptionsFrom, OutputField, takes_text
from stroem.definitions.values import Path

TYPE_ALIASES = {"bool": "boolean"}


def input_type(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A primitive type, or the name of a connection type that is checked later."""
    name: Any = scalars.reference(value, path, mistakes)
    return name if name is WRONG else TYPE_ALIASES.get(name, name)


_OPTIONS_FROM = Record(OptionsFrom, task=scalars.reference)
_INPUT_FIELD = Record(InputField, type=input_type, options_from=_OPTIONS_FROM)
_OUTPUT_FIELD = Record(OutputField, type=scalars.choice(OUTPUT_TYPES, TYPE_ALIASES))
_PROPERTY = Record(ConnectionProperty, type=scalars.choice(PRIMITIVE_TYPES, TYPE_ALIASES))


def convert_input_field(value: object, path: Path, mistakes: Mistakes) -> Any:
    """An `InputField`."""
    field = _with_texts(_INPUT_FIELD(value, path, mistakes), path, mistakes)
    if field is not WRONG and field.multiple:
        _check_multiple(field, path, mistakes)
    return field


def convert_output_field(value: object, path: Path, mistakes: Mistakes) -> Any:
    """An `OutputField`."""
    return _with_texts(_OUTPUT_FIELD(value, path, mistakes), path, mistakes)


def convert_property(value: object, path: Path, mistakes: Mistakes) -> Any:
    """A `ConnectionProperty`."""
    return _with_texts(_PROPERTY(value, path, mistakes), path, mistakes)


def is_field_definition(value: object, path: Path, unquoted: Mapping[Path, str]) -> bool:
    """Whether a value in the input of an inline action defines a field: it has a type and is right in every key."""
    if type(value) is not dict or type(value.get("type")) is not str:
        return False
    mistakes = Mistakes(unquoted)
    _INPUT_FIELD(value, path, mistakes)
    return not mistakes


def _with_texts(field: Any, path: Path, mistakes: Mistakes) -> Any:
    """The field; default and options of text fields are as they are written."""
    if field is WRONG or not takes_text(field.type):
        return field
    options = getattr(field, "options", None)
    if options is None and (field.default is None or type(field.default) is str):
        return field
    given = {key: value for key, value in (("default", field.default), ("options", options)) if value is not None}
    texts = {key: scalars.texts_within(value, (*path, key), mistakes) for key, value in given.items()}
    return field if texts == given else attrs.evolve(field, **texts)


def _check_multiple(field: InputField, path: Path, mistakes: Mistakes) -> None:
    if field.type == "boolean" or field.type not in PRIMITIVE_TYPES:
        message = f"'multiple' is not for the type {field.type}"
        hint = "declare a field for each one" if field.type != "boolean" else "a choice of several words is a string"
        mistakes.append(_conflict(message, path, hint))
    elif field.secret:
        mistakes.append(_conflict("'multiple' and 'secret' exclude each other", path, "keep one of them"))


def _conflict(message: str, path: Path, hint: str) -> Mistake:
    return Mistake(code="conflicting-keys", message=message, path=(*path, "multiple"), hint=hint, at_key=True)
