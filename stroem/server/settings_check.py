"""Checks a server's settings against this version and the installed plugins."""

from stroem.conversion.mistake import Mistake
from stroem.conversion.structure import settings_error
from stroem.errors import FieldError
from stroem.registry.making import try_plugins
from stroem.registry.registry import Registry
from stroem.rights.mistakes import rights_mistakes
from stroem.settings.server import ServerSettings
from stroem.settings.without_effect import warn_without_effect


def check_available(settings: ServerSettings, registry: Registry) -> None:
    """Raises `SettingsError` for `auth`, since everything would be open, and for mistakes in rights, push hooks and
    event sinks.

    Logs a warning for sections without effect.
    """
    mistakes = [one.field_error for one in _plugin_mistakes(settings, registry)]
    if settings.auth is not None:
        message = "sign-in is not available in this version, everything would be open; remove the section"
        mistakes.append(FieldError(field="auth", message=message))
    mistakes.extend(rights_mistakes(settings))
    if mistakes:
        raise settings_error(mistakes)
    warn_without_effect(settings)


def _plugin_mistakes(settings: ServerSettings, registry: Registry) -> tuple[Mistake, ...]:
    found = try_plugins(registry.push_hooks, settings.push_hooks, "push_hooks")[1]
    found += try_plugins(registry.event_sinks, settings.event_sinks, "event_sinks")[1]
    for name, workspace in settings.workspaces.items():
        found += try_plugins(registry.event_sinks, workspace.event_sinks, "workspaces", name, "event_sinks")[1]
    return found
