"""Whether this version, with the plugins that are installed, can keep what the settings ask for."""

import logging

from stroem.conversion.mistake import Mistake
from stroem.conversion.structure import settings_error
from stroem.errors import FieldError
from stroem.registry.making import try_plugins
from stroem.registry.registry import Registry
from stroem.settings.server import ServerSettings

LOGGER = logging.getLogger(__name__)


def check_available(settings: ServerSettings, registry: Registry) -> None:
    """Raises `SettingsError` rather than serve everybody what was meant to be protected, and for push hooks and event
    sinks that cannot be made; warns of what has no effect yet.
    """
    mistakes = [one.field_error for one in _plugin_mistakes(settings, registry)]
    if settings.auth is not None:
        message = "sign-in is not available in this version, everything would be open; remove the section"
        mistakes.append(FieldError(field="auth", message=message))
    if mistakes:
        raise settings_error(mistakes)
    without_effect = {
        "acl": settings.acl is not None,
        "agents": bool(settings.agents.providers),
        "artifact_storage": settings.artifact_storage is not None,
        "log_storage.archive": settings.log_storage.archive is not None or settings.log_storage.s3 is not None,
        "mcp": settings.mcp.enabled,
        "retention.job_days": settings.retention.job_days is not None,
        "state_storage": settings.state_storage is not None,
    }
    if named := [name for name, is_set in without_effect.items() if is_set]:
        LOGGER.warning("settings without effect in this version: %s", ", ".join(named))


def _plugin_mistakes(settings: ServerSettings, registry: Registry) -> tuple[Mistake, ...]:
    found = try_plugins(registry.push_hooks, settings.push_hooks, "push_hooks")[1]
    found += try_plugins(registry.event_sinks, settings.event_sinks, "event_sinks")[1]
    for name, workspace in settings.workspaces.items():
        found += try_plugins(registry.event_sinks, workspace.event_sinks, "workspaces", name, "event_sinks")[1]
    return found
