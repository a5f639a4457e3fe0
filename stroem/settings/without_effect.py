"""Sections of the settings without effect in this version; the next version refuses them."""

import logging
from collections.abc import Mapping

from stroem.settings.access import MetricsSettings
from stroem.settings.server import ServerSettings
from stroem.settings.storage import ArtifactStorageSettings, StateStorageSettings
from stroem.settings.worker import WorkerSettings

_log = logging.getLogger(__name__)


def warn_without_effect(settings: ServerSettings | WorkerSettings) -> None:
    """Logs one warning that names the sections set without effect."""
    sections = _of_server(settings) if isinstance(settings, ServerSettings) else _of_worker(settings)
    if names := [name for name, is_set in sections.items() if is_set]:
        _log.warning("settings without effect in this version: %s; the next version refuses them", ", ".join(names))


def _of_server(settings: ServerSettings) -> Mapping[str, bool]:
    state = settings.state_storage or StateStorageSettings()
    artifacts = settings.artifact_storage or ArtifactStorageSettings()
    return {
        "agents": bool(settings.agents.providers),
        "artifact_storage.archive": artifacts.archive is not None,
        "artifact_storage.prefix": artifacts.prefix != ArtifactStorageSettings().prefix,
        "log_storage.archive": settings.log_storage.archive is not None or settings.log_storage.s3 is not None,
        "mcp": settings.mcp.enabled,
        "metrics": settings.metrics != MetricsSettings(),
        "retention.job_days": settings.retention.job_days is not None,
        "state_storage.archive": state.archive is not None,
        "state_storage.prefix": state.prefix != StateStorageSettings().prefix,
    }


def _of_worker(settings: WorkerSettings) -> Mapping[str, bool]:
    return {"agents": bool(settings.agents.providers)}
