"""Declared fields of tasks and of forms, as the API shows them."""

from collections.abc import Mapping

import attrs

from stroem.conversion.unstructure import ABSENT
from stroem.definitions.field import InputField, OptionsFrom
from stroem.definitions.values import Json
from stroem.redaction.redactor import MARKER


@attrs.frozen(kw_only=True)
class TaskField:
    """An input field of a task, or a field of the form of an approval."""

    type: str
    name: str | None = attrs.field(default=None, metadata=ABSENT)
    description: str | None = attrs.field(default=None, metadata=ABSENT)
    required: bool | None = attrs.field(default=None, metadata=ABSENT)
    secret: bool | None = attrs.field(default=None, metadata=ABSENT)
    default: Json = attrs.field(default=None, metadata=ABSENT)
    options: tuple[Json, ...] | None = attrs.field(default=None, metadata=ABSENT)
    allow_custom: bool | None = attrs.field(default=None, metadata=ABSENT)
    multiple: bool | None = attrs.field(default=None, metadata=ABSENT)
    order: int | None = attrs.field(default=None, metadata=ABSENT)
    min: Json = attrs.field(default=None, metadata=ABSENT)
    max: Json = attrs.field(default=None, metadata=ABSENT)
    min_length: int | None = attrs.field(default=None, metadata=ABSENT)
    max_length: int | None = attrs.field(default=None, metadata=ABSENT)
    min_items: int | None = attrs.field(default=None, metadata=ABSENT)
    max_items: int | None = attrs.field(default=None, metadata=ABSENT)
    pattern: str | None = attrs.field(default=None, metadata=ABSENT)
    options_from: OptionsFrom | None = attrs.field(default=None, metadata=ABSENT)


def shown_fields(fields: Mapping[str, InputField]) -> dict[str, TaskField]:
    """The fields by name, without the defaults of secret ones."""
    return {name: _field(field) for name, field in fields.items()}


def _field(field: InputField) -> TaskField:
    return TaskField(
        type=field.type,
        name=field.name,
        description=field.description,
        required=field.required or None,
        secret=field.secret or None,
        default=MARKER if field.secret and field.default is not None else field.default,
        options=field.options,
        allow_custom=field.allow_custom or None,
        multiple=field.multiple or None,
        order=field.order,
        min=field.min,
        max=field.max,
        min_length=field.min_length,
        max_length=field.max_length,
        min_items=field.min_items,
        max_items=field.max_items,
        pattern=field.pattern,
        options_from=field.options_from,
    )
