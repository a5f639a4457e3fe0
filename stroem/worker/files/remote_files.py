"""Files of workspaces for steps that run on other machines."""

import base64
from urllib.parse import quote

from cachetools import LRUCache

from stroem.interfaces.runner import RemoteFiles
from stroem.protocol.claim import Claim
from stroem.protocol.step_token import StepGrant, sign
from stroem.settings.worker import WorkerSettings
from stroem.worker.files.workspace_cache import WorkspaceUnavailable
from stroem.worker.http.client import Refused, ServerAway, ServerClient

_KNOWN_DIGESTS = 1000
_DIGEST = "sha-256="


class RemoteFileAccess:
    """Hands a step what it needs to fetch its files from the server itself."""

    def __init__(self, client: ServerClient, settings: WorkerSettings) -> None:
        self._client = client
        self._settings = settings
        self._digests: LRUCache[tuple[str, str], str] = LRUCache(_KNOWN_DIGESTS)

    async def of(self, claim: Claim) -> RemoteFiles:
        """The files of a claimed step. Raises `WorkspaceUnavailable`."""
        if claim.revision is None or claim.step_id is None:
            raise WorkspaceUnavailable(f"{claim.workspace}: this server has no tokens for single steps")
        grant = StepGrant(
            workspace=claim.workspace,
            revision=claim.revision,
            job_id=claim.job_id,
            step_id=claim.step_id,
            attempt=claim.attempt,
        )
        path = f"/worker/workspace/{quote(claim.workspace, safe='')}.tar.gz"
        return RemoteFiles(
            server=self._settings.server_url.rstrip("/"),
            path=f"{path}?revision={quote(claim.revision, safe='')}",
            token=sign(grant, self._settings.worker_token),
            sha256=await self._digest(claim.workspace, claim.revision, path),
        )

    async def _digest(self, workspace: str, revision: str, path: str) -> str:
        """The digest of a tarball, which is the same for ever."""
        known = self._digests.get((workspace, revision))
        if known is None:
            try:
                async with self._client.download(path, {"revision": revision}, {"Range": "bytes=0-0"}) as response:
                    known = response.headers.get("Digest", "")
            except (ServerAway, Refused) as error:
                raise WorkspaceUnavailable(f"{workspace} at {revision[:16]}: {error}") from error
            if not known.startswith(_DIGEST):
                raise WorkspaceUnavailable(f"{workspace} at {revision[:16]}: the server names no digest of the files")
            self._digests[workspace, revision] = known
        return base64.b64decode(known.removeprefix(_DIGEST)).hex()
