"""Files of steps that run on other machines: fetched by them, and taken back."""

import base64
import re
import shutil
from functools import partial
from pathlib import Path
from urllib.parse import quote

from cachetools import LRUCache

from stroem.files.tar_safety import TarballUnsafe
from stroem.interfaces.runner import RemoteFiles, RunnerFailed, StepOrder
from stroem.protocol.claim import Claim
from stroem.protocol.step_token import StepGrant, sign
from stroem.settings.worker import WorkerSettings
from stroem.worker.files.download import TarballDownload
from stroem.worker.files.state_folders import state_paths
from stroem.worker.files.tarball import unpack
from stroem.worker.files.threads import in_thread
from stroem.worker.files.workspace_cache import WorkspaceUnavailable
from stroem.worker.http.client import Refused, ServerAway, ServerClient

_KNOWN_DIGESTS = 1000
_DIGEST = "sha-256="
_SHA256 = re.compile("[0-9a-f]{64}")
WORKSPACE, OUTPUT = "WORKSPACE", "STROEM_OUTPUT"
"""Names in such a tar, beside those of variables."""

_PATH = "/worker/step-files"
_MOST_BYTES = 2**40
"""Of a tar that the server has taken: the limit is the server's."""


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
        path = f"/worker/workspace/{quote(claim.workspace, safe='')}.tar.gz"
        return RemoteFiles(
            server=self._settings.server_url.rstrip("/"),
            path=f"{path}?revision={quote(claim.revision, safe='')}",
            token=self._token(claim, claim.revision, claim.step_id),
            sha256=await self._digest(claim.workspace, claim.revision, path),
            folders=state_paths(claim),
            back=_PATH,
            globs=claim.artifacts,
        )

    async def take_back(self, claim: Claim, order: StepOrder, sha256: str) -> None:
        """Fetches what a step has left, and puts it into the folders of the step. Raises `RunnerFailed`."""
        if not _SHA256.fullmatch(sha256):
            raise RunnerFailed(f"What the step left in its folders cannot be fetched: {sha256[:100]!r} is no SHA-256.")
        archive, taken = order.scratch / "taken.tar.gz", order.scratch / "taken"
        advice = "The server takes no larger one"
        download = TarballDownload(self._client, f"{_PATH}/{sha256}", {}, archive, _MOST_BYTES, advice=advice)
        try:
            await download.run()
            taken.mkdir(mode=0o700)
            await in_thread(unpack, archive, taken)
            is_own = order.directory.parent == order.scratch.parent  # and not a folder that steps share
            await in_thread(partial(put_back, taken, order, with_workspace=bool(claim.artifacts) and is_own))
        except (ServerAway, Refused, TarballUnsafe, OSError) as error:
            raise RunnerFailed(f"What the step left in its folders cannot be fetched: {error}") from error
        finally:
            archive.unlink(missing_ok=True)

    def _token(self, claim: Claim, revision: str, step_id: int) -> str:
        """The token of the step. Servers of older versions send none: the worker signs it with the shared token."""
        if claim.grant is not None:
            return claim.grant
        if self._settings.worker_token is None:
            raise WorkspaceUnavailable(f"{claim.workspace}: this server has no tokens for single steps")
        grant = StepGrant(
            workspace=claim.workspace,
            revision=revision,
            task=claim.task_name,
            job_id=claim.job_id,
            step_id=step_id,
            attempt=claim.attempt,
        )
        return sign(grant, self._settings.worker_token.encode())

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


def put_back(taken: Path, order: StepOrder, *, with_workspace: bool) -> None:
    """Moves unpacked folders to where a step of this machine has them. Of the workspace there are only some files."""
    targets = dict(order.folders)
    if with_workspace:
        targets[WORKSPACE] = order.directory
        (taken / WORKSPACE).mkdir(exist_ok=True)
    for name, target in targets.items():
        if (taken / name).is_dir():
            shutil.rmtree(target)
            (taken / name).rename(target)
    if order.output_file is not None and (taken / OUTPUT).is_file():
        (taken / OUTPUT).rename(order.output_file)
