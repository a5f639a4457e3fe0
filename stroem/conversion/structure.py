"""Plain data into attrs classes: strict about types, and with all mistakes at once."""

import datetime
import math
import pathlib
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, override

from stroem.conversion import literals
from stroem.conversion.constraints import RULES, Seconds, Utf8
from stroem.conversion.json_value import GREATEST, LEAST
from stroem.conversion.mistake import Mistake, invalid_value
from stroem.conversion.record import key_of
from stroem.conversion.suggestions import meant_or_known
from stroem.conversion.text_values import Text
from stroem.definitions.values import Path, is_json, parse_duration
from stroem.errors import FieldError, SettingsError, StroemError

KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    dict: "a map",
    list: "a list",
    type(None): "nothing",
}


class InvalidValue(ValueError):
    """The value does not have the type of its place. The message does not contain the value."""


def make_converter(*, unknown_keys: bool) -> cattrs.Converter:
    """A converter for requests and settings; with `unknown_keys`, keys that no field has are ignored."""
    converter = cattrs.Converter(detailed_validation=True)
    for cls in (str, bool, int, float):
        converter.register_structure_hook(cls, _scalar_hook(cls))
    converter.register_structure_hook(pathlib.Path, lambda value, _: pathlib.Path(_scalar(value, str)).expanduser())
    converter.register_structure_hook(uuid.UUID, lambda value, _: _uuid(value))
    converter.register_structure_hook(datetime.datetime, lambda value, _: _timestamp(value))
    converter.register_structure_hook_func(lambda cls: cls is Seconds, lambda value, _: _seconds(value))
    converter.register_structure_hook_func(lambda cls: cls is Utf8, lambda value, _: _utf8(value))
    converter.register_structure_hook_func(is_json, lambda value, _: _json(value))
    converter.register_structure_hook_func(_is_literal, _literal)
    converter.register_structure_hook_factory(_is_bounded, lambda cls: _bounded_hook(cls, converter))
    converter.register_structure_hook_factory(_is_dict, lambda cls: _dict_hook(cls, converter))
    converter.register_structure_hook_factory(_is_tuple, lambda cls: _tuple_hook(cls, converter))
    converter.register_structure_hook_factory(
        attrs.has, lambda cls: class_hook(cls, converter, unknown_keys=unknown_keys)
    )
    return converter


def field_errors(error: BaseException) -> tuple[FieldError, ...]:
    """Every mistake in an error of a converter."""
    return tuple(mistake.field_error for mistake in located(error))


def located(error: BaseException, path: Path = (), *, told: type[ValueError] = InvalidValue) -> Iterator[Mistake]:
    """Every mistake in an error of a converter, or of a plugin that refuses its options with a `StroemError`.

    The messages of errors of the type `told` are shown; others may contain a secret.
    """
    if isinstance(error, told):
        yield invalid_value(path, str(error))
    elif isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from located(inner, (*path, *_step(inner)), told=told)
    elif isinstance(error, StroemError):
        for field in error.fields or (FieldError(field="", message=str(error)),):
            yield invalid_value((*path, field.field) if field.field else path, field.message)
    else:
        yield invalid_value(path, "is required" if isinstance(error, KeyError) else "is not valid")


def settings_error(errors: Sequence[FieldError]) -> SettingsError:
    """One error for all mistakes in settings."""
    problems = "".join(f"\n  {error.field or 'the file'}: {error.message}" for error in errors)
    return SettingsError(problems=problems, fields=tuple(errors))


def expected(what: str, value: object) -> InvalidValue:
    """The error of a value of the wrong type. It does not contain the value, which may be a secret."""
    origin = f" (set by {value.origin})" if isinstance(value, Text) and value.origin else ""
    found = "a text" if isinstance(value, str) else KINDS.get(type(value), type(value).__name__)
    return InvalidValue(f"expected {what}, found {found}{origin}")


def at_key(error: Exception, key: int | str, of: object = None) -> Exception:
    """The error, noted to lie below a key or index."""
    error.add_note(cattrs.IterableValidationNote("", key, of))
    return error


def mapping(value: object) -> Mapping[str, object]:
    """The value as a map. Raises `InvalidValue`."""
    given = value.document() if isinstance(value, Text) else value
    if not isinstance(given, Mapping):
        raise expected("a map", value)
    return given


def _step(error: BaseException) -> Path:
    """The key or index in the notes of cattrs on an inner error."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, cattrs.AttributeValidationNote):
            return (key_of(note.name),)
        if isinstance(note, cattrs.IterableValidationNote):
            return (note.index,)
    return ()


def _scalar(value: object, cls: type) -> Any:
    given: Any = value.scalar() if isinstance(value, Text) and cls is not str else value
    if cls is str and isinstance(given, str):
        return str(given)
    if cls is float and type(given) is int:
        return float(given)
    if type(given) is not cls:
        raise expected(KINDS[cls], value)
    return _kept(given)


def _kept(given: Any) -> Any:
    if isinstance(given, int) and not LEAST <= given <= GREATEST:
        raise InvalidValue("must fit into 64 bits")
    if isinstance(given, float) and not math.isfinite(given):
        raise InvalidValue("must be finite")
    return given


def _scalar_hook(cls: type) -> Callable[[object, object], Any]:
    return lambda value, _: _scalar(value, cls)


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(_scalar(value, str))
    except ValueError as error:
        raise InvalidValue("expected a UUID") from error


def _timestamp(value: object) -> datetime.datetime:
    try:
        parsed = literals.timestamp(_scalar(value, str))
    except ValueError as error:
        raise InvalidValue("expected a date and time like 2026-01-31T12:00:00Z") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)


def _seconds(value: object) -> Seconds:
    if isinstance(value, str) and (length := parse_duration(value)):
        return Seconds(length)
    if type(value) is int and value > 0:
        return Seconds(value)
    raise expected("a length of time in seconds or like 1h30m, greater than zero", value)


def _utf8(value: object) -> Utf8:
    """The bytes of a text; half of a surrogate pair becomes a question mark."""
    text: str = _scalar(value, str)
    return Utf8(text.encode(errors="replace"))


def _json(value: object) -> object:
    return value.document() if isinstance(value, Text) else value


def _is_literal(cls: object) -> bool:
    return typing.get_origin(cls) is typing.Literal


def _literal(value: object, cls: object) -> object:
    choices = typing.get_args(cls)
    if isinstance(value, str) and value in choices:
        return str(value)
    raise InvalidValue("must be one of " + ", ".join(map(str, choices)))


def _is_bounded(cls: object) -> bool:
    return any(isinstance(rule, RULES) for rule in getattr(cls, "__metadata__", ()))


def _bounded_hook(cls: Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    inner = cls.__origin__
    rules = [rule for rule in cls.__metadata__ if isinstance(rule, RULES)]

    def structure(value: object, _: object) -> object:
        structured = converter.structure(value, inner)
        for rule in rules:
            if (message := rule.mistake(structured)) is not None:
                raise InvalidValue(message)
        return structured

    return structure


def _is_dict(cls: object) -> bool:
    return typing.get_origin(cls) is dict


def _dict_hook(cls: object, converter: cattrs.Converter) -> Callable[[object, object], object]:
    of = typing.get_args(cls)[1]

    def structure(value: object, _: object) -> object:
        found: dict[str, object] = {}
        errors: list[Exception] = []
        for key, item in mapping(value).items():
            try:
                found[str(key)] = converter.structure(item, of)
            except Exception as error:  # every kind of failure becomes one of the mistakes
                errors.append(at_key(error, str(key), of))
        if errors:
            raise cattrs.IterableValidationError("", errors, dict)
        return found

    return structure


def _is_tuple(cls: object) -> bool:
    return typing.get_origin(cls) is tuple


def _tuple_hook(cls: object, converter: cattrs.Converter) -> Callable[[object, object], object]:
    of = typing.get_args(cls)[0]

    def structure(value: object, _: object) -> object:
        given = value.document() if isinstance(value, Text) else value
        if not isinstance(given, list | tuple):
            raise expected("a list", value)
        found: list[object] = []
        errors: list[Exception] = []
        for index, item in enumerate(given):
            try:
                found.append(converter.structure(item, of))
            except Exception as error:  # every kind of failure becomes one of the mistakes
                errors.append(at_key(error, index, of))
        if errors:
            raise cattrs.IterableValidationError("", errors, tuple)
        return tuple(found)

    return structure


def _unknown_key(key: str, names: Sequence[str]) -> Exception:
    return at_key(InvalidValue(f"is not a known key{meant_or_known(key, names)}"), key)


def class_hook(cls: Any, converter: cattrs.Converter, *, unknown_keys: bool) -> Callable[[object, object], object]:
    """The hook that converts maps to instances of an attrs class."""
    fields = [field.name for field in attrs.fields(cls)]
    renamed: dict[str, Any] = {name: override(rename=key_of(name)) for name in fields if key_of(name) != name}
    make = make_dict_structure_fn(cls, converter, **renamed)
    names = [key_of(name) for name in fields]

    def structure(value: object, target: Any) -> object:
        given = mapping(value)
        errors = [] if unknown_keys else [_unknown_key(str(key), names) for key in given if key not in names]
        try:
            structured = make(given, target)
        except BaseExceptionGroup as group:
            errors.extend(error for error in group.exceptions if isinstance(error, Exception))
        if errors:
            raise cattrs.ClassValidationError("", errors, cls)
        return structured

    return structure
