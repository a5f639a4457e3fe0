"""Shapes that JSON Schemas of workflow files have in common."""

from collections.abc import Mapping

from stroem.conversion.constraints import FIELD_TYPES
from stroem.conversion.json_schema import DURATION, WRITTEN_TEXT, Schema
from stroem.definitions.retry import Retry
from stroem.dialects.stroem_yaml.fields import TYPE_ALIASES
from stroem.dialects.stroem_yaml.retries import MOST_ATTEMPTS
from stroem.interfaces.step_error import EXIT_CODES, MOST_EXIT_CODE, RETRIED_KINDS

_STEP_NAME = r"^[^\[\]~/\\]+$"


def counts_and_delays() -> dict[str, Schema]:
    return {
        "attempts": {"description": "All attempts.", "type": "integer", "minimum": 2, "maximum": MOST_ATTEMPTS},
        "delay": duration(Retry, "delay"),
        "max_delay": duration(Retry, "max_delay"),
    }


def error_kinds() -> Schema:
    """One or more kinds of errors, exit codes, or ranges of these."""
    code = {"type": "integer", "minimum": -MOST_EXIT_CODE, "maximum": MOST_EXIT_CODE}
    entry = {"anyOf": [{"enum": [*RETRIED_KINDS]}, code, {"type": "string", "pattern": EXIT_CODES}]}
    return {"anyOf": [entry, {"type": "array", "items": entry}]}


def map_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def flow_of(step: Schema) -> Schema:
    return {**map_of(step), "minProperties": 1, "propertyNames": {"pattern": _STEP_NAME}}


def one_or_more(texts: Schema) -> Schema:
    """A list of texts, or one text for a list of one."""
    return {"anyOf": [WRITTEN_TEXT, texts]}


def number_or(mapping: Schema, cls: type, field: str) -> Schema:
    """A mapping, or the number that is its only field."""
    bounds = FIELD_TYPES[cls, field].__metadata__[0]
    return {"anyOf": [{"type": "integer", "minimum": bounds.at_least, "maximum": bounds.at_most}, mapping]}


def lengths(most: int) -> Schema:
    """A list of lengths of time, or one for a list of one."""
    length = [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": DURATION}]
    text = "Seconds, or lengths like 1h30m."
    return {"description": text, "anyOf": [*length, {"type": "array", "items": {"anyOf": length}, "maxItems": most}]}


def object_of(properties: Mapping[str, Schema], required: list[str] | None = None, text: str | None = None) -> Schema:
    schema: Schema = {"type": "object"}
    if text:
        schema["description"] = text
    schema["properties"] = dict(properties)
    if required:
        schema["required"] = required
    return {**schema, "additionalProperties": False}


def typed(names: tuple[str, ...]) -> Schema:
    return {"enum": [*names, *TYPE_ALIASES]}


def duration(cls: type, field: str) -> Schema:
    bounds = FIELD_TYPES[cls, field].__metadata__[0]
    seconds = {"type": "integer", "minimum": bounds.at_least, "maximum": bounds.at_most}
    text = {"type": "string", "pattern": DURATION}
    return {"description": "Seconds, or a length like 1h30m.", "anyOf": [seconds, text]}
