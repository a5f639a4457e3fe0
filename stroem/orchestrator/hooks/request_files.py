"""Files of requests, put into the blob store before their job is created."""

import hashlib
import io
from collections.abc import Sequence

from stroem.blobs.blob_store import BlobStore
from stroem.errors import LimitExceeded
from stroem.interfaces.triggers.http_trigger import HookFile
from stroem.orchestrator.artifacts.uploads import ArtifactLimits
from stroem.store import blob_garbage
from stroem.store.artifacts.request_files import RequestFile
from stroem.store.database import Database


class RequestFiles:
    """Stores files of requests. They count once their job is created; until then the garbage collector has them."""

    def __init__(self, database: Database, blobs: BlobStore, limits: ArtifactLimits) -> None:
        self._database = database
        self._blobs = blobs
        self._limits = limits

    async def store(self, files: Sequence[HookFile]) -> list[RequestFile]:
        """Stores files. Raises LimitExceeded."""
        if not files:
            return []
        self._check(files)
        found = [
            RequestFile(
                name=file.name,
                content_type=file.content_type,
                size_bytes=len(file.data),
                blob=hashlib.sha256(file.data).hexdigest(),
            )
            for file in files
        ]
        async with self._database.begin() as connection:
            await blob_garbage.add(connection, {one.blob for one in found})
        for file, one in zip(files, found, strict=True):
            await self._blobs.put_file(io.BytesIO(file.data), one.blob, one.size_bytes)
        return found

    def _check(self, files: Sequence[HookFile]) -> None:
        sizes = [len(file.data) for file in files]
        limits = self._limits
        if max(sizes) > limits.file_bytes:
            raise LimitExceeded(message=f"A file has more than {limits.file_bytes:,} bytes")
        if sum(sizes) > limits.job_bytes or len(files) > limits.job_files:
            raise LimitExceeded(message="The files are more than a job may have (artifact_storage)")
