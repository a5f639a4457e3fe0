"""Creates objects of plugins' classes from settings."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import attrs

from stroem.conversion.mistake import Mistake, invalid_value
from stroem.conversion.structure import located, make_converter
from stroem.conversion.suggestions import meant_or_known
from stroem.definitions.values import Json
from stroem.errors import SettingsError

T = TypeVar("T")


class Typed(Protocol):
    """Settings of something that a plugin brings."""

    @property
    def type(self) -> str: ...

    @property
    def options(self) -> Mapping[str, Json]: ...


_CONVERTER = make_converter(unknown_keys=False)


def make_plugin(cls: type[T], options: Mapping[str, Json]) -> T:
    """An object with these options. Raises `SettingsError` that names every option at fault."""
    made, mistakes = try_plugin(cls, options)
    if made is None:
        fields = tuple(one.field_error for one in mistakes)
        raise SettingsError(problems="; ".join(map(str, mistakes)), fields=fields)
    return made


def try_plugin(cls: type[T], options: Mapping[str, Json]) -> tuple[T | None, tuple[Mistake, ...]]:
    """An object with these options, or None and their mistakes."""
    try:
        return _CONVERTER.structure(options, cls), ()
    except Exception as error:  # a plugin may raise anything; its message may contain a secret
        return None, tuple(located(error))


def try_plugins(
    kinds: Mapping[str, type[T]], settings: Mapping[str, Typed], *above: str
) -> tuple[dict[str, T], tuple[Mistake, ...]]:
    """The objects of a settings section by name, and its mistakes. `above` is the path of the section."""
    made: dict[str, T] = {}
    mistakes: list[Mistake] = []
    for name, wanted in settings.items():
        cls = kinds.get(wanted.type)
        if cls is None:
            mistakes.append(unknown_type(kinds, wanted.type, *above, name))
            continue
        thing, found = try_plugin(cls, wanted.options)
        mistakes += [attrs.evolve(one, path=(*above, name, *one.path)) for one in found]
        if thing is not None:
            made[name] = thing
    return made, tuple(mistakes)


def unknown_type(kinds: Mapping[str, object], name: str, *above: str) -> Mistake:
    """The mistake of a `type` that no plugin brings."""
    hint = meant_or_known(name, [*kinds]) if kinds else ""
    return invalid_value((*above, "type"), f"no plugin brings {name!r}{hint}")
