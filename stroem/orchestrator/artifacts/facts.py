"""Facts of artifacts for the API and for templates of hooks."""

import datetime
import uuid
from urllib.parse import quote

from stroem.definitions.values import Json
from stroem.store.artifacts.listed import ArtifactRow


def artifact_url(job_id: uuid.UUID, name: str) -> str:
    """The address of an artifact on the server."""
    return f"/api/jobs/{job_id}/artifacts/{quote(name, safe='')}"


def artifact_facts(artifact: ArtifactRow, public_url: str | None) -> dict[str, Json]:
    """An artifact in the variable `hook.artifacts`. Its `url` is complete if the server knows its own address."""
    created_at = artifact.created_at.astimezone(datetime.UTC).isoformat().replace("+00:00", "Z")
    return {
        "name": artifact.name,
        "content_type": artifact.content_type,
        "size_bytes": artifact.size_bytes,
        "step_name": artifact.step_name,
        "created_at": created_at,
        "sha256": artifact.blob,
        "url": (public_url or "").rstrip("/") + artifact_url(artifact.job_id, artifact.name),
    }
