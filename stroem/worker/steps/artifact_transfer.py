"""Uploads of artifacts to the server."""

import asyncio
import base64
import hashlib
import logging
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import attrs

from stroem.definitions.backoff import Backoff
from stroem.files.open_beneath import open_beneath
from stroem.protocol.claim import Claim
from stroem.worker.files.threads import in_thread
from stroem.worker.http.client import Refused, ServerAway, ServerClient

logger = logging.getLogger(__name__)

_FAILED_UPLOADS = 8
_BACKOFF = Backoff(first_secs=0.2, longest_secs=15)


class ArtifactNotStored(Exception):
    """An artifact cannot be stored. The message has its name and the reason."""


@attrs.frozen(kw_only=True)
class FoundArtifact:
    """A file to upload: its path below a folder is its name."""

    name: str
    root: Path
    content_type: str


class ArtifactTransfer:
    """Uploads artifacts until the server has them."""

    def __init__(self, client: ServerClient, worker_id: Callable[[], uuid.UUID]) -> None:
        self._client = client
        self._worker_id = worker_id

    async def upload(self, found: FoundArtifact, claim: Claim) -> int:
        """Uploads an artifact of a running step; returns its size. Tries again while the server is away.

        The server compares the SHA-256 of what it receives with that of the file. Raises `ArtifactNotStored`.
        """
        step, name = (quote(text, safe="") for text in (claim.step_name, found.name))
        path = f"/worker/jobs/{claim.job_id}/steps/{step}/artifacts/{name}"
        params = {"attempt": str(claim.attempt)}
        if claim.step_id is not None:
            params |= {"step_id": str(claim.step_id), "worker_id": str(self._worker_id())}
        try:
            descriptor = await in_thread(open_beneath, found.root, found.name)
        except OSError as error:
            raise ArtifactNotStored(f"Artifact {found.name!r} cannot be stored: {error}") from error
        try:
            return await self._upload(found, descriptor, claim, path, params)
        finally:
            os.close(descriptor)

    async def _upload(
        self, found: FoundArtifact, descriptor: int, claim: Claim, path: str, params: dict[str, str]
    ) -> int:
        """Uploads the open file, whatever its path leads to by now."""
        attempts, failures = 0, 0
        file = Path(f"/dev/fd/{descriptor}")
        while True:
            try:
                os.lseek(descriptor, 0, os.SEEK_SET)  # some systems share the position
                headers = {"Content-Type": found.content_type, "Digest": await in_thread(_digest, file)}
                os.lseek(descriptor, 0, os.SEEK_SET)
                answer = await self._client.upload(path, params, file, headers)
                return int(answer["size_bytes"])
            except (Refused, OSError) as error:
                raise ArtifactNotStored(f"Artifact {found.name!r} cannot be stored: {error}") from error
            except (ServerAway, KeyError, ValueError) as error:
                attempts += 1
                failures += not isinstance(error, ServerAway) or error.may_concern_body
                if failures >= _FAILED_UPLOADS:
                    raise ArtifactNotStored(f"Artifact {found.name!r} cannot be stored: {error}") from error
                logger.warning("artifact %r of step %s: %s", found.name, claim.step, error)
            await asyncio.sleep(_BACKOFF.secs(attempts))


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return "sha-256=" + base64.b64encode(hashlib.file_digest(content, "sha256").digest()).decode()
