"""Types to JSON Schema 2020-12."""

import datetime
import inspect
import types
import typing
import uuid
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Annotated, Any, Literal

import attrs

from stroem.conversion.constraints import FIELD_TYPES, Length, Range, Seconds
from stroem.definitions.values import is_json

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DURATION = r"^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$|^\d+$"
"""The pattern of lengths of time: `1h30m`, `90`."""
TEXT: Schema = {"type": "string"}
WRITTEN_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_SCALARS: Mapping[object, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    types.NoneType: {"type": "null"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.date: {"type": "string", "format": "date"},
    datetime.timedelta: {"type": "number"},
    Seconds: {"type": ["integer", "string"]},
    bytes: {"type": "string", "contentEncoding": "base64"},
    object: {},
    Any: {},
}
_UNIONS = (types.UnionType, typing.Union)
_LISTS = (list, tuple, set, frozenset, Sequence)


class TypeSchemas:
    """Schemas of types. Each attrs class that is met gets one schema in `definitions`, and references to it.

    `text` is the schema of a `str`: `WRITTEN_TEXT` in files, where an unquoted number is text as it is written.
    """

    def __init__(self, prefix: str = "", *, text: Schema = TEXT) -> None:
        self.definitions: dict[str, Schema] = {}
        self._prefix = prefix
        self._text = text
        self._names: dict[type, str] = {}

    def of(self, annotation: Any) -> Schema:
        """The schema of a type. Types that JSON Schema knows nothing of are texts."""
        if annotation is str:
            return dict(self._text)
        if annotation in _SCALARS:
            return dict(_SCALARS[annotation])
        if typing.get_origin(annotation) is Annotated:
            return self.of(annotation.__origin__)
        if is_json(annotation):
            return {}
        if attrs.has(annotation):
            return self.reference(annotation)
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if origin in _UNIONS:
            return self._union(arguments)
        if origin is Literal:
            return {"enum": list(arguments)}
        if (origin or annotation) in _LISTS:
            return {"type": "array", "items": self.of(arguments[0]) if arguments else {}}
        if (origin or annotation) in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.of(arguments[1]) if arguments else {}}
        if isinstance(annotation, type) and issubclass(annotation, PurePath):
            return {"type": "string", "format": "path"}
        return {"type": "string"}

    def reference(self, cls: type[attrs.AttrsInstance]) -> Schema:
        """A reference to the schema of an attrs class."""
        name = self._names.get(cls)
        if name is None:
            name = self._prefix + cls.__name__
            name = name if name not in self.definitions else f"{self._prefix}{cls.__module__}.{cls.__name__}"
            self._names[cls] = name
            self.definitions[name] = {}
            self.definitions[name] = self._record(cls)
        return {"$ref": f"#/$defs/{name}"}

    def fields(self, cls: type[attrs.AttrsInstance]) -> dict[str, Schema]:
        """Schemas of the fields of an attrs class, with bounds and defaults."""
        hints = typing.get_type_hints(cls, include_extras=True)
        return {
            field.name.rstrip("_"): self._field(field, hints[field.name], FIELD_TYPES.get((cls, field.name)))
            for field in attrs.fields(cls)
        }

    def _record(self, cls: type[attrs.AttrsInstance]) -> Schema:
        schema: Schema = {"type": "object"}
        if description := description_of(cls):
            schema["description"] = description
        schema["properties"] = self.fields(cls)
        required = [field.name for field in attrs.fields(cls) if field.default is attrs.NOTHING]
        if required:
            schema["required"] = required
        schema["additionalProperties"] = False
        return schema

    def _field(self, field: "attrs.Attribute[Any]", annotation: Any, bounded: Any) -> Schema:
        schema = {**self.of(annotation), **_bounds(bounded or annotation)}
        if isinstance(field.default, str | int | float):
            schema["default"] = field.default
        return schema

    def _union(self, members: Sequence[Any]) -> Schema:
        schemas = [self.of(member) for member in members]
        if all(schema.keys() == {"type"} for schema in schemas):
            return {"type": [kind for schema in schemas for kind in _kinds(schema)]}
        return {"anyOf": schemas}


def _kinds(schema: Schema) -> list[str]:
    kinds = schema["type"]
    return [kinds] if isinstance(kinds, str) else kinds


def _bounds(annotation: Any) -> Schema:
    """Bounds and lengths of a type, or of a member of a union."""
    if typing.get_origin(annotation) is not Annotated:
        members = typing.get_args(annotation) if typing.get_origin(annotation) in _UNIONS else ()
        return {key: bound for member in members for key, bound in _bounds(member).items()}
    found: Schema = {}
    for rule in annotation.__metadata__:
        if isinstance(rule, Range):
            found |= {"minimum": rule.at_least, "maximum": rule.at_most, "exclusiveMinimum": rule.above}
        elif isinstance(rule, Length):
            found["minLength" if annotation.__origin__ is str else "minItems"] = rule.at_least
    return {key: bound for key, bound in found.items() if bound is not None}


def description_of(cls: type) -> str | None:
    """The docstring of a class."""
    return inspect.cleandoc(cls.__doc__) if cls.__doc__ else None


def schema_of(of: Any) -> Schema:
    """The schema of a type; attrs classes are under `$defs`, described by their docstrings."""
    schemas = TypeSchemas()
    schema = {"$schema": DRAFT, **schemas.of(of)}
    return {**schema, "$defs": schemas.definitions} if schemas.definitions else schema
