"""Values of declared types to JSON."""

import datetime
import typing
from typing import Any

import attrs
import cattrs
import orjson
from cattrs.gen import make_dict_unstructure_fn, override

from stroem.conversion.constraints import Utf8
from stroem.conversion.record import key_of
from stroem.definitions.values import is_json

_KEY = "absent"
ABSENT = {_KEY: True}
"""Metadata of a field: its key is absent from the JSON while it has its default."""


def is_left_out(field: "attrs.Attribute[Any]") -> bool:
    """Whether a field has the metadata `ABSENT`."""
    return bool(field.metadata.get(_KEY))


def unstructure(value: object, of: object) -> Any:
    """Plain data of a value of the declared type; times are in UTC."""
    return _CONVERTER.unstructure(value, of)


def encode(value: object, of: object) -> bytes:
    """JSON of a value of the declared type; times are in UTC and end in `Z`."""
    return orjson.dumps(unstructure(value, of), option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(unstruct_collection_overrides={tuple: list, frozenset: list})
    converter.register_unstructure_hook_func(is_json, lambda value: value)
    converter.register_unstructure_hook_func(lambda cls: cls is Utf8, bytes.decode)
    converter.register_unstructure_hook(datetime.datetime, lambda time: time.astimezone(datetime.UTC))
    converter.register_unstructure_hook_factory(attrs.has, lambda cls: _class_hook(cls, converter))
    return converter


def _class_hook(cls: Any, converter: cattrs.Converter) -> Any:
    named: dict[str, Any] = {
        field.name: override(omit_if_default=is_left_out(field) or None, rename=key_of(field.name))
        for field in attrs.fields(typing.get_origin(cls) or cls)
        if is_left_out(field) or key_of(field.name) != field.name
    }
    return make_dict_unstructure_fn(cls, converter, **named)


_CONVERTER = _converter()
