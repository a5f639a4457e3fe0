"""Checks a server's settings against this version and the installed plugins."""

from collections.abc import Iterator

from stroem.conversion.mistake import Mistake
from stroem.conversion.structure import settings_error
from stroem.conversion.web_address import Authority
from stroem.errors import FieldError
from stroem.interfaces.authenticator import RedirectAuthenticator
from stroem.registry.making import try_plugins
from stroem.registry.providers import try_providers
from stroem.registry.registry import Registry
from stroem.rights.mistakes import rights_mistakes
from stroem.settings.server import ServerSettings
from stroem.settings.without_effect import warn_without_effect


def check_available(settings: ServerSettings, registry: Registry) -> None:
    """Raises `SettingsError`: for mistakes in rights, push hooks, event sinks, secret stores and providers of sign-in,
    and for an address or proxies by which others reach it unguarded.

    Logs a warning for sections without effect.
    """
    mistakes = [one.field_error for one in _plugin_mistakes(settings, registry)]
    mistakes.extend(_unguarded(settings))
    mistakes.extend(_provider_mistakes(settings, registry))
    mistakes.extend(rights_mistakes(settings))
    if mistakes:
        raise settings_error(mistakes)
    warn_without_effect(settings)


def _unguarded(settings: ServerSettings) -> Iterator[FieldError]:
    if settings.auth is not None:
        return
    advice = "set `auth.initial_user` for sign-in, or `auth.open: true` if only trusted people reach it"
    if not Authority(settings.address[0]).is_loopback:
        message = f"is needed, since others may reach {settings.listen} and could do everything: {advice}"
        yield FieldError(field="auth", message=message)
    if settings.trusted_proxies:
        message = f"need the section auth, since whoever reaches the proxy could do everything: {advice}"
        yield FieldError(field="trusted_proxies", message=message)


def _provider_mistakes(settings: ServerSettings, registry: Registry) -> Iterator[FieldError]:
    if settings.sign_in is None:
        return
    providers, mistakes = try_providers(registry, settings.sign_in)
    for mistake in mistakes:
        yield mistake.field_error
    leads_back = any(isinstance(one.authenticator, RedirectAuthenticator) for one in providers.values())
    if leads_back and not settings.browser_urls and not Authority(settings.address[0]).is_loopback:
        message = "is needed for providers that lead browsers back: the address of this server in browsers"
        yield FieldError(field="auth.base_url", message=message)


def _plugin_mistakes(settings: ServerSettings, registry: Registry) -> tuple[Mistake, ...]:
    found = try_plugins(registry.push_hooks, settings.push_hooks, "push_hooks")[1]
    found += try_plugins(registry.event_sinks, settings.event_sinks, "event_sinks")[1]
    found += try_plugins(registry.secret_stores, settings.secret_stores, "secret_stores")[1]
    for name, workspace in settings.workspaces.items():
        found += try_plugins(registry.event_sinks, workspace.event_sinks, "workspaces", name, "event_sinks")[1]
    return found
