"""Settings of things that this version does not have yet."""

import logging

from stroem.errors import FieldError, SettingsError
from stroem.settings.server import ServerSettings

LOGGER = logging.getLogger(__name__)


def check_available(settings: ServerSettings) -> None:
    """Raises `SettingsError` rather than serve everybody what was meant to be protected; warns of all else."""
    if settings.auth is not None:
        message = "sign-in is not available in this version, everything would be open; remove the section"
        raise SettingsError(problems=f"auth: {message}", fields=(FieldError(field="auth", message=message),))
    without_effect = {
        "acl": settings.acl is not None,
        "agents": bool(settings.agents.providers),
        "artifact_storage": settings.artifact_storage is not None,
        "libraries": bool(settings.libraries),
        "log_storage.archive": settings.log_storage.archive is not None or settings.log_storage.s3 is not None,
        "mcp": settings.mcp.enabled,
        "retention": settings.retention.job_days is not None or settings.retention.worker_hours is not None,
        "state_storage": settings.state_storage is not None,
    }
    if named := [name for name, is_set in without_effect.items() if is_set]:
        LOGGER.warning("settings without effect in this version: %s", ", ".join(named))
