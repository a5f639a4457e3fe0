"""Structuring of well-formed documents: several times faster than a converter, without messages for mistakes."""

import math
import types
import typing
import uuid
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, TypeVar

import attrs

from stroem.conversion.constraints import RULES, Utf8
from stroem.conversion.json_value import GREATEST, LEAST
from stroem.conversion.record import key_of
from stroem.conversion.structure import make_converter
from stroem.definitions.values import is_json

T = TypeVar("T")

Read = Callable[[Any], Any]

_CONVERTER = make_converter(unknown_keys=True)
_UUID_LENGTH = 36
_IDS = 1024


class NotWellFormed(Exception):
    """The document has a mistake, or a value that only a converter takes."""


def well_formed(document: object, of: type[T]) -> T:
    """An instance of an attrs class from the data of a JSON text.

    It equals the converter's; unknown keys are ignored. Raises `NotWellFormed` for mistakes and rare values.
    """
    cls: Any = of
    try:
        instance: T = _reader(cls)(document)
    except Exception as error:  # a missing field, a text that is no UUID: the converter names every kind of mistake
        raise NotWellFormed from error
    return instance


@cache
def _reader(of: Any) -> Read:
    """The function that reads values of a type."""
    if is_json(of):
        return _as_it_is
    if of in _SCALARS:
        return _SCALARS[of]
    if attrs.has(of):
        return _class_reader(of)
    inner = typing.get_args(of)
    if typing.get_origin(of) is tuple and inner[1:] == (...,):
        return _tuple_reader(_reader(inner[0]))
    if typing.get_origin(of) is dict and is_json(inner[1]):
        return _json_map
    if typing.get_origin(of) in (types.UnionType, typing.Union) and len(inner) == 2 and type(None) in inner:
        return _optional_reader(_reader(next(one for one in inner if one is not type(None))))
    if rules := [rule for rule in getattr(of, "__metadata__", ()) if isinstance(rule, RULES)]:
        return _bounded_reader(_reader(of.__origin__), [rule.mistake for rule in rules])
    return _converted(of)


def _class_reader(cls: Any) -> Read:
    @cache
    def fields() -> dict[str, tuple[str, Read]]:  # at the first value: a class may hold itself
        hints = typing.get_type_hints(cls, include_extras=True)
        return {
            key_of(field.name): (field.alias or field.name, _reader(hints[field.name])) for field in attrs.fields(cls)
        }

    def read(document: Any) -> Any:
        if type(document) is not dict:
            raise NotWellFormed
        known, values = fields(), {}
        for name, value in document.items():
            if name in known:
                alias, read_value = known[name]
                values[alias] = read_value(value)
        return cls(**values)

    return read


def _tuple_reader(inner: Read) -> Read:
    def read(value: Any) -> Any:
        if type(value) is not list:
            raise NotWellFormed
        return tuple([inner(item) for item in value])

    return read


def _optional_reader(inner: Read) -> Read:
    return lambda value: None if value is None else inner(value)


def _bounded_reader(inner: Read, mistakes: list[Callable[[Any], str | None]]) -> Read:
    def read(value: Any) -> Any:
        read = inner(value)
        for mistake in mistakes:
            if mistake(read) is not None:
                raise NotWellFormed
        return read

    return read


def _as_it_is(value: Any) -> Any:
    return value


def _converted(of: Any) -> Read:
    """The converter itself, for rare types."""
    structure = _CONVERTER.get_structure_hook(of)
    return lambda value: structure(value, of)


def _json_map(value: Any) -> Any:
    if type(value) is not dict:
        raise NotWellFormed
    return value


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise NotWellFormed
    return value


def _utf8(value: Any) -> Any:
    return _text(value).encode(errors="replace")


def _flag(value: Any) -> Any:
    if type(value) is not bool:
        raise NotWellFormed
    return value


def _whole_number(value: Any) -> Any:
    if type(value) is not int or not LEAST <= value <= GREATEST:
        raise NotWellFormed
    return value


def _number(value: Any) -> Any:
    if type(value) is int:
        return float(value)
    if type(value) is not float or not math.isfinite(value):
        raise NotWellFormed
    return value


def _id(value: Any) -> Any:
    if type(value) is not str or len(value) != _UUID_LENGTH:
        raise NotWellFormed
    return _known_id(value)


@lru_cache(_IDS)
def _known_id(text: str) -> uuid.UUID:
    """The id in a text; a message names few jobs many times."""
    return uuid.UUID(text)


_SCALARS: dict[Any, Read] = {
    str: _text,
    Utf8: _utf8,
    bool: _flag,
    int: _whole_number,
    float: _number,
    uuid.UUID: _id,
}
