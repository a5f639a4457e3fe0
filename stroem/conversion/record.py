"""Plain values to attrs classes, noting every mistake on the way."""

import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from stroem.conversion import scalars
from stroem.conversion.limits import LIMITS
from stroem.conversion.mistake import Mistake, Path
from stroem.conversion.scalars import WRONG, Convert, Mistakes, wrong_type

_SCALARS: Mapping[object, Convert] = {
    str: scalars.text,
    bool: scalars.boolean,
    int: scalars.integer,
    float: scalars.number,
}
_UNIONS = (types.UnionType, typing.Union)
_AS_WRITTEN: Mapping[str, str] = {}


class Record:
    """The converter of a mapping into an attrs class. `special` replaces the converters of some fields.

    A key without a value is as if it were not there, except where null is a value.
    """

    def __init__(self, cls: type[attrs.AttrsInstance], **special: Convert) -> None:
        hints = typing.get_type_hints(cls)
        self.cls = cls
        self.converters: dict[str, Convert] = {}
        self.required: list[str] = []
        for field in attrs.fields(cls):
            self.converters[field.name] = special.get(field.name) or _field_converter(cls, field.name, hints)
            if field.default is attrs.NOTHING:
                self.required.append(field.name)
        self.nullable = frozenset(name for name, hint in hints.items() if is_json(hint))

    def __call__(self, value: object, path: Path, mistakes: Mistakes) -> Any:
        if type(value) is not dict:
            return wrong_type("a mapping", value, path, mistakes)
        fields = self.fields(value, path, mistakes)
        return self.cls(**fields) if self.complete(fields, value, path, mistakes) else WRONG

    def fields(
        self, value: Mapping[str, Any], path: Path, mistakes: Mistakes, spelled: Mapping[str, str] = _AS_WRITTEN
    ) -> dict[str, Any]:
        """The fields that are right. `spelled` says how a key is written where that is not the field's name."""
        fields = {}
        for name, entry in value.items():
            convert = self.converters.get(name)
            if convert is None:
                mistakes.unknown_key(name, self.converters, path)
            elif entry is not None or name in self.nullable:
                converted = convert(entry, (*path, spelled.get(name, name)), mistakes)
                if converted is not WRONG:
                    fields[name] = converted
        return fields

    def complete(self, fields: Mapping[str, Any], value: Mapping[str, Any], path: Path, mistakes: Mistakes) -> bool:
        """Whether all required fields are there; notes those that were not even tried."""
        for name in self.required:
            if value.get(name) is None:
                mistakes.append(missing_key(name, path))
        return all(name in fields for name in self.required)


def missing_key(name: str, path: Path, hint: str | None = None) -> Mistake:
    """A key that must be there."""
    return Mistake(code="missing-key", message=f"{name!r} is missing", path=path, hint=hint, at_key=True)


def _field_converter(cls: type, name: str, hints: Mapping[str, Any]) -> Convert:
    limit = LIMITS.get((cls, name))
    if limit is None:
        return converter_for(hints[name])
    return scalars.within(limit, scalars.duration if limit.duration else converter_for(hints[name]))


def is_json(annotation: Any) -> bool:
    """Whether a type is `Json`: the one union of the models that has more than None and one type."""
    members = typing.get_args(annotation) if typing.get_origin(annotation) in _UNIONS else ()
    return len(members) > 2


def converter_for(annotation: Any) -> Convert:
    """The converter for a type: scalars, Literal, tuples, mappings, attrs classes, `Json`, and these or None."""
    if is_json(annotation):
        return scalars.anything
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in _UNIONS:
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return converter_for(inner)
    if origin is Literal:
        return scalars.choice(arguments)
    if origin is tuple:
        return scalars.listing(converter_for(arguments[0]))
    if origin is dict:
        return scalars.json_mapping if is_json(arguments[1]) else scalars.mapping(converter_for(arguments[1]))
    return Record(annotation)
