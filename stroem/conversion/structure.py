"""Plain data into attrs classes: strict about types, and with all mistakes at once."""

import datetime
import difflib
import math
import pathlib
import typing
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn

from stroem.conversion import scalar
from stroem.conversion.constraints import RULES, Seconds, Utf8
from stroem.conversion.json_value import GREATEST, LEAST, Path, path_text
from stroem.conversion.text_values import Text
from stroem.definitions.values import is_json, parse_duration
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


class Mistake(ValueError):
    """One value is not what its place wants. `key` is set when the mistake lies one level further down."""

    def __init__(self, message: str, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


@attrs.frozen
class LocatedMistake:
    """A mistake with the keys and indexes that lead to its value."""

    path: Path
    message: str


class Mistakes(Exception):
    """Several values of one map are not what their places want."""

    def __init__(self, found: Sequence[Mistake]) -> None:
        super().__init__(found)
        self.found = found


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


def field_errors(error: BaseException, path: str = "") -> tuple[FieldError, ...]:
    """Every mistake inside an error of a converter, each with the way to its value (`steps[2].name`)."""
    above = (path,) if path else ()
    return tuple(FieldError(field=path_text(found.path), message=found.message) for found in located(error, above))


def located(error: BaseException, path: Path = ()) -> Iterator[LocatedMistake]:
    """Every mistake inside an error of a converter, or of a plugin that refuses its options with an error of ours."""
    if isinstance(error, Mistakes):
        for mistake in error.found:
            yield LocatedMistake((*path, mistake.key) if mistake.key else path, str(mistake))
    elif isinstance(error, Mistake):
        yield LocatedMistake(path, str(error))
    elif isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from located(inner, (*path, *_step(inner)))
    elif isinstance(error, StroemError):
        for field in error.fields or (FieldError(field="", message=str(error)),):
            yield LocatedMistake((*path, field.field) if field.field else path, field.message)
    else:
        yield LocatedMistake(path, "is required" if isinstance(error, KeyError) else "is not valid")


def settings_error(errors: Sequence[FieldError]) -> SettingsError:
    """One error for all these mistakes."""
    problems = "".join(f"\n  {error.field or 'the file'}: {error.message}" for error in errors)
    return SettingsError(problems=problems, fields=tuple(errors))


def nearest(name: str, names: Sequence[str]) -> str:
    """A hint for a name that is not among `names`."""
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(names))}"


def expected(what: str, value: object) -> Mistake:
    """The mistake of a value of the wrong type. The value itself is not told, since it may be a secret."""
    origin = f" (set by {value.origin})" if isinstance(value, Text) and value.origin else ""
    found = "a text" if isinstance(value, str) else KINDS.get(type(value), type(value).__name__)
    return Mistake(f"expected {what}, found {found}{origin}")


def _step(error: BaseException) -> Path:
    """What cattrs noted about the place of an inner error."""
    for note in getattr(error, "__notes__", ()):
        if isinstance(note, cattrs.AttributeValidationNote):
            return (note.name,)
        if isinstance(note, cattrs.IterableValidationNote):
            return (note.index,)
    return ()


def _scalar(value: object, cls: type) -> typing.Any:
    given: typing.Any = value.scalar() if isinstance(value, Text) and cls is not str else value
    if cls is str and isinstance(given, str):
        return str(given)
    if cls is float and type(given) is int:
        return float(given)
    if type(given) is not cls:
        raise expected(KINDS[cls], value)
    return _kept(given)


def _kept(given: typing.Any) -> typing.Any:
    if isinstance(given, int) and not LEAST <= given <= GREATEST:
        raise Mistake("must fit into 64 bits")
    if isinstance(given, float) and not math.isfinite(given):
        raise Mistake("must be finite")
    return given


def _scalar_hook(cls: type) -> Callable[[object, object], typing.Any]:
    return lambda value, _: _scalar(value, cls)


def _uuid(value: object) -> uuid.UUID:
    try:
        return uuid.UUID(_scalar(value, str))
    except ValueError as error:
        raise Mistake("expected a UUID") from error


def _timestamp(value: object) -> datetime.datetime:
    try:
        parsed = scalar.timestamp(_scalar(value, str))
    except ValueError as error:
        raise Mistake("expected a date and time like 2026-01-31T12:00:00Z") from error
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
    raise Mistake("must be one of " + ", ".join(map(str, choices)))


def _is_bounded(cls: object) -> bool:
    return any(isinstance(rule, RULES) for rule in getattr(cls, "__metadata__", ()))


def _bounded_hook(cls: typing.Any, converter: cattrs.Converter) -> Callable[[object, object], object]:
    inner = cls.__origin__
    rules = [rule for rule in cls.__metadata__ if isinstance(rule, RULES)]

    def structure(value: object, _: object) -> object:
        structured = converter.structure(value, inner)
        for rule in rules:
            if (message := rule.mistake(structured)) is not None:
                raise Mistake(message)
        return structured

    return structure


def _is_dict(cls: object) -> bool:
    return typing.get_origin(cls) is dict


def _dict_hook(cls: object, converter: cattrs.Converter) -> Callable[[object, object], object]:
    of = typing.get_args(cls)[1]

    def structure(value: object, _: object) -> object:
        given = mapping(value)
        found: dict[str, object] = {}
        errors: list[Exception] = []
        for key, item in given.items():
            try:
                found[str(key)] = converter.structure(item, of)
            except Exception as error:  # every kind of failure becomes one of the mistakes
                errors.append(_at(error, str(key), of))
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
                errors.append(_at(error, index, of))
        if errors:
            raise cattrs.IterableValidationError("", errors, tuple)
        return tuple(found)

    return structure


def _at(error: Exception, index: int | str, of: object) -> Exception:
    error.add_note(cattrs.IterableValidationNote("", index, of))
    return error


def mapping(value: object) -> Mapping[str, object]:
    """The value as a map; raises `Mistake` when it is none."""
    given = value.document() if isinstance(value, Text) else value
    if not isinstance(given, Mapping):
        raise expected("a map", value)
    return given


def class_hook(
    cls: typing.Any, converter: cattrs.Converter, *, unknown_keys: bool
) -> Callable[[object, object], object]:
    """What makes an instance of an attrs class from a map."""
    make = make_dict_structure_fn(cls, converter)
    names = [field.name for field in attrs.fields(cls)]

    def structure(value: object, target: typing.Any) -> object:
        given = mapping(value)
        errors: list[Exception] = []
        if not unknown_keys and (strange := [key for key in given if key not in names]):
            found = [Mistake(f"is not a known key{nearest(str(key), names)}", str(key)) for key in strange]
            errors.append(Mistakes(found))
        try:
            structured = make(given, target)
        except BaseExceptionGroup as group:
            errors.extend(error for error in group.exceptions if isinstance(error, Exception))
        if errors:
            raise cattrs.ClassValidationError("", errors, cls)
        return structured

    return structure
