"""Settings as a flat list of keys and values without secrets."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from stroem.definitions.trigger_options import SECRET
from stroem.definitions.values import Json
from stroem.redaction.definition_secrets import sounds_secret
from stroem.redaction.redactor import MARKER

KeyPath = tuple[str | int, ...]
OptionClass = Callable[[KeyPath, Any], type | None]
"""The class that takes the options of a plugin's settings at a path; None for an unknown one."""

_LIKE_SECRETS = re.compile(r"secret|token|password|passphrase|credential|(?:^|_)keys?$|(?:^|_)headers$", re.IGNORECASE)
"""Names of options that are hidden beside those that are typical of secrets."""
_QUERY = re.compile(r"\?[^#]*")
_UNKNOWN = object()


@attrs.frozen(kw_only=True)
class Entry:
    """A setting. A secret that is set has the value `MARKER`. `is_default`: its class has this value by itself.

    `real` is the value with its secrets, to compare by.
    """

    path: KeyPath
    value: Json
    is_secret: bool
    is_default: bool
    real: object = attrs.field(repr=False)


def entries_of(settings: object, option_class: OptionClass) -> Iterator[Entry]:
    """All settings, in the order of their classes. Fields with `repr=False` are secrets.

    Options of plugins are secrets if their class says so or is unknown, if their names sound so, and if they are maps.
    """
    yield from _of_class(settings, (), option_class)


def _of_class(value: Any, path: KeyPath, option_class: OptionClass) -> Iterator[Entry]:
    for field in attrs.fields(type(value)):
        inner = getattr(value, field.name)
        if field.name == "options" and hasattr(value, "type"):
            yield from _of_options(inner, path, option_class(path, value))
        else:
            yield from _of_field(inner, field, (*path, field.name), option_class)


def _of_field(value: Any, field: "attrs.Attribute[Any]", path: KeyPath, option_class: OptionClass) -> Iterator[Entry]:
    if attrs.has(type(value)):
        yield from _of_class(value, path, option_class)
        return
    parts: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        parts = [*value.items()]
    elif isinstance(value, tuple):
        parts = [*enumerate(value)]
    if parts and all(attrs.has(type(one)) for _, one in parts):
        for name, one in parts:
            yield from _of_class(one, (*path, name), option_class)
        return
    is_secret = field.repr is False and value != {}
    is_default = value == _default(field)
    yield Entry(path=path, value=_shown(value, is_secret), is_secret=is_secret, is_default=is_default, real=value)


def _of_options(options: Mapping[str, Json], path: KeyPath, cls: type | None) -> Iterator[Entry]:
    known = {} if cls is None or not attrs.has(cls) else attrs.fields_dict(cls)
    for name, value in options.items():
        field = known.get(name)
        is_marked = field is None or field.repr is False or any(key in field.metadata for key in SECRET)
        sounds_so = sounds_secret(name) or _LIKE_SECRETS.search(name) is not None
        is_secret = is_marked or sounds_so or not _is_plain(value)
        shown = _shown(value, is_secret)
        yield Entry(path=(*path, name), value=shown, is_secret=is_secret, is_default=False, real=value)


def _is_plain(value: Json) -> bool:
    """Whether a value is a scalar, or a list of such."""
    items = value if isinstance(value, list | tuple) else [value]
    return all(item is None or isinstance(item, str | int | float) for item in items)


def _default(field: "attrs.Attribute[Any]") -> object:
    default: Any = field.default
    if default is attrs.NOTHING:
        return _UNKNOWN
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _shown(value: Any, is_secret: bool) -> Json:
    if is_secret:
        return MARKER if value else None
    if isinstance(value, list | tuple):
        return [_shown(item, is_secret=False) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _shown(item, is_secret=False) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float) else address_shown(str(value))


def address_shown(text: str) -> str:
    """A text; if it is an address, without credentials and the values of its query."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    try:
        has_credentials = "@" in urlsplit(text).netloc
    except ValueError:
        return MARKER
    shown = _QUERY.sub(f"?{MARKER}", rest)
    return f"{scheme}://{MARKER}@{shown.rpartition('@')[2]}" if has_credentials else f"{scheme}://{shown}"
