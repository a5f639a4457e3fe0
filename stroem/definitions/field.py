"""Input and output fields of tasks and actions."""

import attrs

from stroem.definitions.values import Json

PRIMITIVE_TYPES = ("string", "text", "integer", "number", "boolean", "date", "datetime")
TEXT_TYPES = ("string", "text")
BOUNDED_TYPES = ("integer", "number", "date", "datetime")
"""Types whose values have an order, so that a field may bound them."""
OUTPUT_TYPES = ("string", "integer", "number", "boolean", "array", "object")
_OTHER_TYPES = frozenset({*PRIMITIVE_TYPES, *OUTPUT_TYPES}.difference(TEXT_TYPES))


def takes_text(kind: str) -> bool:
    """Whether a field of this type takes an unquoted `1.10` as text: a string, or a connection's name."""
    return kind not in _OTHER_TYPES


@attrs.frozen(kw_only=True)
class OptionsFrom:
    """Options in the output of a job of another task.

    `input` of that job has templates over the other fields; `path` leads to a list in its output, through keys and
    positions. `cache` and `timeout` are in seconds: the age up to which a job is used again, the limit of a new one.
    """

    task: str
    path: str
    input: dict[str, Json] = attrs.Factory(dict)
    cache: int = 60
    timeout: int = 30


@attrs.frozen(kw_only=True)
class InputField:
    """An input of a task or action. `type` is a primitive or the name of a connection type.

    `min` and `max` bound numbers, dates and times; lengths are in characters, items those of a field with `multiple`.
    The whole of a text matches `pattern`.
    """

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
    min: Json = None
    max: Json = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    pattern: str | None = None
    options_from: OptionsFrom | None = None


@attrs.frozen(kw_only=True)
class OutputField:
    """An output of an action. `default` is the value of a missing one; `secret` ones are masked wherever they show."""

    type: str = "string"
    description: str | None = None
    required: bool = False
    secret: bool = False
    default: Json = None
    options: tuple[Json, ...] | None = None
