"""Makes objects of plugins' classes from what operators set."""

from collections.abc import Mapping
from typing import TypeVar

from stroem.conversion.json_value import path_text
from stroem.conversion.structure import LocatedMistake, located, make_converter, nearest
from stroem.definitions.values import Json
from stroem.errors import FieldError, SettingsError
from stroem.settings.server import PluginSettings

T = TypeVar("T")

_CONVERTER = make_converter(unknown_keys=False)


def make_plugin(cls: type[T], options: Mapping[str, Json]) -> T:
    """An object with these options. Raises `SettingsError` that names every option at fault."""
    made, mistakes = try_plugin(cls, options)
    if made is None:
        fields = field_errors_of(mistakes)
        problems = "; ".join(f"{one.field}: {one.message}" if one.field else one.message for one in fields)
        raise SettingsError(problems=problems, fields=fields)
    return made


def try_plugin(cls: type[T], options: Mapping[str, Json]) -> tuple[T | None, tuple[LocatedMistake, ...]]:
    """An object with these options, or None and what is wrong with them."""
    try:
        return _CONVERTER.structure(options, cls), ()
    except Exception as error:  # a class of strangers may raise anything; what it says may hold a secret
        return None, tuple(located(error))


def try_plugins(
    kinds: Mapping[str, type[T]], settings: Mapping[str, PluginSettings], *above: str
) -> tuple[dict[str, T], tuple[LocatedMistake, ...]]:
    """The objects of a section of the settings by name, and what is wrong with others. `above` leads to the section."""
    made: dict[str, T] = {}
    mistakes: list[LocatedMistake] = []
    for name, wanted in settings.items():
        cls = kinds.get(wanted.type)
        if cls is None:
            mistakes.append(unknown_type(kinds, wanted.type, *above, name))
            continue
        thing, found = try_plugin(cls, wanted.options)
        mistakes += [LocatedMistake((*above, name, *one.path), one.message) for one in found]
        if thing is not None:
            made[name] = thing
    return made, tuple(mistakes)


def unknown_type(kinds: Mapping[str, object], name: str, *above: str) -> LocatedMistake:
    """The mistake of a `type` that no plugin brings."""
    hint = nearest(name, [*kinds]) if kinds else ""
    return LocatedMistake((*above, "type"), f"no plugin brings {name!r}{hint}")


def field_errors_of(mistakes: tuple[LocatedMistake, ...]) -> tuple[FieldError, ...]:
    """The mistakes with their paths as people read them."""
    return tuple(FieldError(field=path_text(one.path), message=one.message) for one in mistakes)
