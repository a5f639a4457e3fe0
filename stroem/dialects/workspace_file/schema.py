"""JSON Schema of `.stroem.yaml`, for editors."""

from stroem.conversion.json_schema import DRAFT, DURATION, WRITTEN_TEXT, Schema, TypeSchemas, description_of
from stroem.dialects.workspace_file.library_refs import LIBRARY_NAME, MAX_LIBRARIES, OPTIONS

_INTERVAL = {
    "description": "How often its source is looked at: seconds, or a length like 5m.",
    "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": DURATION}],
}
_INTERVALS = {"poll_interval": _INTERVAL, "poll_interval_secs": _INTERVAL}


def workspace_schema() -> Schema:
    """The schema of the file that names the libraries of a workspace."""
    libraries = {
        "type": "object",
        "description": "The libraries whose actions are used, by name.",
        "propertyNames": {"pattern": f"^{LIBRARY_NAME.pattern}$"},
        "additionalProperties": {"oneOf": [*map(_library, OPTIONS), _library_of_plugin()]},
        "maxProperties": MAX_LIBRARIES,
    }
    return {
        "$schema": DRAFT,
        "title": "Strøm workspace",
        "description": "What a workspace says of itself, beside its workflows.",
        "type": "object",
        "properties": {"libraries": libraries},
        "additionalProperties": False,
    }


def _library(kind: str) -> Schema:
    record = OPTIONS[kind]
    return {
        "type": "object",
        "description": description_of(record.cls),
        "properties": {"type": {"const": kind}, **TypeSchemas(text=WRITTEN_TEXT).fields(record.cls), **_INTERVALS},
        "required": ["type", *record.required],
        "additionalProperties": False,
    }


def _library_of_plugin() -> Schema:
    return {
        "type": "object",
        "description": "A library from a source that a plugin brings, with the options of that source.",
        "properties": {
            "type": {"type": "string", "not": {"enum": [*OPTIONS]}},
            "auth": {"type": "string"},
            **_INTERVALS,
        },
        "required": ["type"],
    }
