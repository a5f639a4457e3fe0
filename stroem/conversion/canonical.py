"""The JSON shape of definitions and plans: what goes over the wire and into the database.

Values that equal their default are left out, so equal things have equal bytes and small ones stay small.
"""

import datetime
import hashlib
from typing import Any, TypeVar

import attrs
import orjson
from cattrs import Converter
from cattrs.gen import make_dict_unstructure_fn

from stroem.definitions.values import is_json

T = TypeVar("T")

_converter = Converter(detailed_validation=False)
_converter.register_structure_hook_func(is_json, lambda value, _: value)
_converter.register_unstructure_hook_func(is_json, lambda value: value)
_converter.register_structure_hook(datetime.datetime, lambda value, _: datetime.datetime.fromisoformat(value))
_converter.register_unstructure_hook(datetime.datetime, lambda value: value.isoformat())
_converter.register_unstructure_hook_factory(
    attrs.has, lambda cls: make_dict_unstructure_fn(cls, _converter, _cattrs_omit_if_default=True)
)


def to_json(value: object) -> dict[str, Any]:
    """A definition as plain JSON values."""
    plain: dict[str, Any] = _converter.unstructure(value)
    return plain


def from_json(plain: object, kind: type[T]) -> T:
    """The definition that `to_json` made `plain` from."""
    return _converter.structure(plain, kind)


def to_bytes(value: object) -> bytes:
    """A definition as JSON text; equal definitions give equal bytes."""
    return orjson.dumps(to_json(value), option=orjson.OPT_SORT_KEYS)


def digest_of(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def parse(data: bytes) -> object:
    """The plain JSON values in what `to_bytes` made."""
    return orjson.loads(data)
