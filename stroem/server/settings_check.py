"""Checks a server's settings against this version and the installed plugins."""

from stroem.conversion.mistake import Mistake
from stroem.conversion.structure import settings_error
from stroem.conversion.web_address import Authority
from stroem.errors import FieldError
from stroem.registry.making import try_plugins
from stroem.registry.registry import Registry
from stroem.rights.mistakes import rights_mistakes
from stroem.settings.server import ServerSettings
from stroem.settings.without_effect import warn_without_effect


def check_available(settings: ServerSettings, registry: Registry) -> None:
    """Raises `SettingsError`: for mistakes in rights, push hooks, event sinks and secret stores, for providers that are
    not available, and for an address that others reach unguarded.

    Logs a warning for sections without effect.
    """
    mistakes = [one.field_error for one in _plugin_mistakes(settings, registry)]
    if settings.auth is None and not Authority(settings.address[0]).is_loopback:
        message = (
            f"is needed, since others may reach {settings.listen} and could do everything: set `auth.initial_user` "
            "for sign-in, or `auth.open: true` if only trusted people reach it"
        )
        mistakes.append(FieldError(field="auth", message=message))
    mistakes.extend(_providers_not_available(settings))
    mistakes.extend(rights_mistakes(settings))
    if mistakes:
        raise settings_error(mistakes)
    warn_without_effect(settings)


def _providers_not_available(settings: ServerSettings) -> list[FieldError]:
    providers = settings.auth.providers if settings.auth is not None else {}
    message = "sign-in by OpenID Connect is not available in this version; remove the provider"
    names = [name for name, one in providers.items() if one.provider_type == "oidc"]
    return [FieldError(field=f"auth.providers.{name}", message=message) for name in names]


def _plugin_mistakes(settings: ServerSettings, registry: Registry) -> tuple[Mistake, ...]:
    found = try_plugins(registry.push_hooks, settings.push_hooks, "push_hooks")[1]
    found += try_plugins(registry.event_sinks, settings.event_sinks, "event_sinks")[1]
    found += try_plugins(registry.secret_stores, settings.secret_stores, "secret_stores")[1]
    for name, workspace in settings.workspaces.items():
        found += try_plugins(registry.event_sinks, workspace.event_sinks, "workspaces", name, "event_sinks")[1]
    return found
