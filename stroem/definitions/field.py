"""Input and output fields of tasks and actions."""

import attrs

from stroem.definitions.values import Json

PRIMITIVE_TYPES = ("string", "text", "integer", "number", "boolean", "date", "datetime")
OUTPUT_TYPES = ("string", "integer", "number", "boolean", "array", "object")
_OTHER_TYPES = frozenset({*PRIMITIVE_TYPES, *OUTPUT_TYPES} - {"string", "text"})


def takes_text(kind: str) -> bool:
    """Whether a field of this type takes an unquoted `1.10` as text: a string, or a connection's name."""
    return kind not in _OTHER_TYPES


@attrs.frozen(kw_only=True)
class InputField:
    """An input of a task or action. `type` is a primitive or the name of a connection type."""

    type: str = "string"
    name: str | None = None
    description: str | None = None
    required: bool = False
    secret: bool = False
    default: Json = None
    options: tuple[Json, ...] | None = None
    allow_custom: bool = False
    multiple: bool = False
    order: int | None = None


@attrs.frozen(kw_only=True)
class OutputField:
    """An output of an action. `default` is the value of a missing one; `secret` ones are masked wherever they show."""

    type: str = "string"
    description: str | None = None
    required: bool = False
    secret: bool = False
    default: Json = None
    options: tuple[Json, ...] | None = None
