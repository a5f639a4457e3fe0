"""Contributions of plugins, with their options."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from stroem.conversion.json_schema import schema_of
from stroem.definitions.values import Json

_TYPES = {"object": "map", "array": "list", "string": "text"}


@attrs.frozen(kw_only=True)
class PluginOption:
    """An option. `type` is for people: `text`, `integer`, `list of text`, or the values that it takes.

    `default` is null for one without a default, and for one whose default is no plain value.
    """

    name: str
    type: str
    required: bool
    default: Json = None


@attrs.frozen(kw_only=True)
class Contribution:
    """A thing that a plugin brings through a `hook`: its name in settings or workflows, and its options."""

    hook: str
    name: str
    description: str
    options: tuple[PluginOption, ...] = ()


def contribution_of(hook: str, name: str, thing: object) -> Contribution:
    """A thing that a plugin has handed over: a class, or a command."""
    described = (inspect.getdoc(thing) or "") if inspect.isclass(thing) else getattr(thing, "help", None) or ""
    options = tuple(_options(thing)) if inspect.isclass(thing) and attrs.has(thing) else ()
    description = " ".join(described.partition("\n\n")[0].split())
    return Contribution(hook=hook, name=name, description=description, options=options)


def _options(cls: type) -> Iterator[PluginOption]:
    schema: Mapping[str, Any] = schema_of(cls)
    own = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    required = own.get("required", ())
    for name, one in own["properties"].items():
        yield PluginOption(name=name, type=_words(one), required=name in required, default=one.get("default"))


def _words(schema: Mapping[str, Any]) -> str:
    """A type in words; null goes without saying."""
    if "enum" in schema:
        return " or ".join(str(value) for value in schema["enum"] if value is not None)
    if "anyOf" in schema:
        return " or ".join(filter(None, map(_words, schema["anyOf"])))
    given = schema.get("type", "map" if "$ref" in schema else "any")
    names = [given] if isinstance(given, str) else given
    words = " or ".join(_TYPES.get(name, name) for name in names if name != "null")
    items = schema.get("items")
    return f"{words} of {_words(items)}" if words == "list" and isinstance(items, Mapping) else words
