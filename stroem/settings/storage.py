"""Settings of storage and retention."""

from pathlib import Path
from typing import Annotated, Literal

import attrs

from stroem.conversion.constraints import Range

Count = Annotated[int, Range(at_least=1)]


@attrs.frozen(kw_only=True)
class ArchiveSettings:
    """A place for large objects: a bucket, or a folder (`local`)."""

    type: Literal["s3", "local"] = "s3"
    bucket: str | None = None
    region: str | None = None
    endpoint: str | None = None
    path: Path | None = None
    prefix: str = ""


@attrs.frozen(kw_only=True)
class LogStorageSettings:
    """Storage of sealed logs. `local_dir` holds all large bytes unless `blobs.url` names an object store."""

    local_dir: Path | None = None
    archive: ArchiveSettings | None = None
    s3: ArchiveSettings | None = None


@attrs.frozen(kw_only=True)
class BlobSettings:
    """The object store for large bytes: `file:///…`, `s3://bucket/prefix`, `gs://…`, `az://…`."""

    url: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class StateStorageSettings:
    """Snapshots of state: how many are kept of each task, and of the global state of each workspace."""

    prefix: str = "state/"
    max_snapshots: Count = 5
    global_max_snapshots: Count | None = None
    archive: ArchiveSettings | None = None


@attrs.frozen(kw_only=True)
class ArtifactStorageSettings:
    """Files that steps leave. Sizes are in bytes."""

    max_file_bytes: Count = 100 * 1024 * 1024
    max_job_bytes: Count = 1024 * 1024 * 1024
    max_job_files: Count = 10_000
    prefix: str = "artifacts/"
    archive: ArchiveSettings | None = None


@attrs.frozen(kw_only=True)
class RetentionSettings:
    """Retention periods; unset ones remove nothing. At least `releases` of each workspace are kept, and at most
    `deliveries` of each webhook.
    """

    worker_hours: Count = 24
    job_days: Count | None = None
    releases: Count = 100
    event_days: Count = 90
    audit_days: Count | None = None
    fire_days: Annotated[int, Range(at_least=2)] = 30
    delivery_days: Count = 30
    deliveries: Count = 1000
    artifact_days: Count | None = None
    cached_results: Count = 10_000
    interval_secs: Count = 3600
