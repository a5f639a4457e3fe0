"""Makes objects of plugins' classes from what operators set."""

from collections.abc import Mapping
from typing import TypeVar

from stroem.definitions.values import Json
from stroem.errors import FieldError
from stroem.settings.conversion import field_errors, make_converter, nearest, settings_error
from stroem.settings.server import PluginSettings

T = TypeVar("T")

_CONVERTER = make_converter(unknown_keys=False)


def make_plugin(cls: type[T], options: Mapping[str, Json]) -> T:
    """An object with these options. Raises `SettingsError` that names every option at fault."""
    try:
        return _CONVERTER.structure(options, cls)
    except Exception as error:  # a class of strangers may raise anything; what it says may hold a secret
        raise settings_error(field_errors(error)) from None


def make_plugins(kinds: Mapping[str, type[T]], settings: Mapping[str, PluginSettings], section: str) -> dict[str, T]:
    """The objects of a section of the settings by their names. Raises `SettingsError` with all mistakes."""
    made, mistakes = try_plugins(kinds, settings, section)
    if mistakes:
        raise settings_error(mistakes)
    return made


def try_plugins(
    kinds: Mapping[str, type[T]], settings: Mapping[str, PluginSettings], section: str
) -> tuple[dict[str, T], tuple[FieldError, ...]]:
    """The objects that can be made, and the mistakes by their keys (`push_hooks.github.secret`)."""
    made: dict[str, T] = {}
    mistakes: list[FieldError] = []
    for name, wanted in settings.items():
        cls = kinds.get(wanted.type)
        if cls is None:
            message = f"no plugin brings {wanted.type!r}{nearest(wanted.type, [*kinds]) if kinds else ''}"
            mistakes.append(FieldError(field=f"{section}.{name}.type", message=message))
            continue
        try:
            made[name] = _CONVERTER.structure(wanted.options, cls)
        except Exception as error:  # as above
            mistakes.extend(field_errors(error, f"{section}.{name}"))
    return made, tuple(mistakes)
