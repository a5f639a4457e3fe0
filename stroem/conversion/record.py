"""Plain values to attrs classes, noting every mistake on the way."""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from stroem.conversion import scalars
from stroem.conversion.constraints import FIELD_TYPES, Seconds
from stroem.conversion.mistake import Mistakes, missing_key
from stroem.conversion.scalars import WRONG, Convert, wrong_type
from stroem.definitions.values import Path, is_json

_SCALARS: Mapping[object, Convert] = {
    str: scalars.text,
    bool: scalars.boolean,
    int: scalars.integer,
    float: scalars.number,
    Seconds: scalars.duration,
}
_UNIONS = (types.UnionType, typing.Union)
_AS_WRITTEN: Mapping[str, str] = {}


class Record:
    """The converter of a mapping into an attrs class. `special` replaces the converters of some fields.

    A key without a value is as if it were not there, except where null is a value. The key of a field is its name, for
    Python's keywords without the underscore at the end.
    """

    def __init__(self, cls: type[attrs.AttrsInstance], **special: Convert) -> None:
        hints = typing.get_type_hints(cls, include_extras=True)
        self.cls = cls
        self.converters: dict[str, Convert] = {}
        self.required: list[str] = []
        for field in attrs.fields(cls):
            self.converters[key_of(field.name)] = special.get(field.name) or converter_for(
                FIELD_TYPES.get((cls, field.name), hints[field.name])
            )
            if field.default is attrs.NOTHING:
                self.required.append(field.name)
        self.nullable = frozenset(key_of(name) for name, hint in hints.items() if is_json(hint))
        self._fields = {key_of(field.name): field.name for field in attrs.fields(cls)}

    def __call__(self, value: object, path: Path, mistakes: Mistakes) -> Any:
        if type(value) is not dict:
            return wrong_type("a mapping", value, path, mistakes)
        fields = self.fields(value, path, mistakes)
        return self.cls(**fields) if self.complete(fields, value, path, mistakes) else WRONG

    def fields(
        self, value: Mapping[str, Any], path: Path, mistakes: Mistakes, spelled: Mapping[str, str] = _AS_WRITTEN
    ) -> dict[str, Any]:
        """The valid fields. `spelled` maps fields to their keys in the file where these differ."""
        fields = {}
        for name, entry in value.items():
            convert = self.converters.get(name)
            if convert is None:
                mistakes.unknown_key(name, self.converters, path)
            elif entry is not None or name in self.nullable:
                converted = convert(entry, (*path, spelled.get(name, name)), mistakes)
                if converted is not WRONG:
                    fields[self._fields[name]] = converted
        return fields

    def complete(self, fields: Mapping[str, Any], value: Mapping[str, Any], path: Path, mistakes: Mistakes) -> bool:
        """Whether all required fields are present; adds a mistake for each absent one."""
        for name in self.required:
            if value.get(key_of(name)) is None:
                mistakes.append(missing_key(key_of(name), path))
        return all(name in fields for name in self.required)


def _any_of(members: Sequence[Any]) -> Convert:
    """The converter of one of several types, chosen by the kind of the value: scalar, list or mapping."""
    if len(members) == 1:
        return converter_for(members[0])
    by_kind = {_kind_of(member): converter_for(member) for member in members}
    fallback = by_kind.get(str, converter_for(members[0]))
    if float in by_kind:
        by_kind.setdefault(int, by_kind[float])

    def convert(value: Any, path: Path, mistakes: Mistakes) -> Any:
        return by_kind.get(type(value), fallback)(value, path, mistakes)

    return convert


def _kind_of(annotation: Any) -> type:
    """The kind of YAML values of a type."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _kind_of(annotation.__origin__)
    if annotation in (bool, int, float):
        return annotation  # type: ignore[no-any-return]
    origin = typing.get_origin(annotation)
    if origin is tuple:
        return list
    return dict if origin is dict or attrs.has(annotation) else str


def key_of(field: str) -> str:
    """The key of a field in files."""
    return field.rstrip("_")


def keys_of(path: Path) -> Path:
    """The path in a file of a path of fields."""
    return tuple(key_of(part) if isinstance(part, str) else part for part in path)


def converter_for(annotation: Any) -> Convert:
    """The converter for a type: scalars with or without bounds, Literal, tuples, mappings, attrs classes, `Json`."""
    if is_json(annotation):
        return scalars.anything
    if typing.get_origin(annotation) is typing.Annotated:
        return scalars.within(annotation.__metadata__[0], converter_for(annotation.__origin__))
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in _UNIONS:
        return _any_of([argument for argument in arguments if argument is not types.NoneType])
    if origin is Literal:
        return scalars.choice(arguments)
    if origin is tuple:
        return scalars.listing(converter_for(arguments[0]))
    if origin is dict:
        return scalars.json_mapping if is_json(arguments[1]) else scalars.mapping(converter_for(arguments[1]))
    return Record(annotation)
