"""Transfer of state between the server and the folders of a step."""

import asyncio
import logging
import uuid
from collections.abc import Callable
from pathlib import Path

import attrs

from stroem.definitions.backoff import Backoff
from stroem.files.state_archive import PACKED_BYTES
from stroem.files.tar_safety import TarballUnsafe
from stroem.protocol.claim import Claim
from stroem.worker.files.download import TarballDownload
from stroem.worker.files.state_folders import StateFolder
from stroem.worker.files.tarball import unpack
from stroem.worker.files.threads import in_thread
from stroem.worker.http.client import Refused, ServerAway, ServerClient

logger = logging.getLogger(__name__)

NO_CONTENT = 204
_FAILED_UPLOADS = 8
_BACKOFF = Backoff(first_secs=0.2, longest_secs=15)


class StateUnavailable(Exception):
    """The state of a step cannot be restored. The message has the reason."""


class StateNotStored(Exception):
    """The state that a step wrote cannot be stored. The message has the reason."""


@attrs.frozen(kw_only=True)
class StatePlace:
    """Address of the state of one scope on the server, and its folders on the worker.

    `latest` is the id of the snapshot that the claim names.
    """

    path: str
    folder: StateFolder
    latest: str | None


class StateTransfer:
    """Downloads snapshots, and uploads new ones until the server has them."""

    def __init__(self, client: ServerClient, worker_id: Callable[[], uuid.UUID]) -> None:
        self._client = client
        self._worker_id = worker_id

    async def download(self, place: StatePlace, scratch: Path) -> str | None:
        """Unpacks the latest snapshot into its folder; returns its id. Raises `StateUnavailable` and `OSError`."""
        if place.latest is None:
            return None
        archive = scratch / "state.tar.gz"
        advice = "The server sends no larger state"
        download = TarballDownload(
            self._client, place.path, {"snapshot": place.latest}, archive, PACKED_BYTES, advice=advice
        )
        try:
            await download.run()
            place.folder.current.rmdir()
            place.folder.current.mkdir(mode=0o700)  # of this user again, for a runner that hands it to another
            await in_thread(unpack, archive, place.folder.current)
        except Refused as error:
            if error.status == NO_CONTENT:
                return None
            raise StateUnavailable(str(error)) from error
        except (ServerAway, TarballUnsafe) as error:
            raise StateUnavailable(str(error)) from error
        finally:
            archive.unlink(missing_ok=True)
        return download.headers.get("X-Snapshot-Id")

    async def upload(self, place: StatePlace, claim: Claim, base: str | None, archive: Path) -> uuid.UUID:
        """Uploads an archive; returns the id of its snapshot. Tries again while the server is away.

        Raises `StateNotStored`.
        """
        params = {
            "step_name": claim.step_name,
            "attempt": str(claim.attempt),
            "worker_id": str(self._worker_id()),
            "step_id": str(claim.step_id or ""),
            "base": base or "",
        }
        given = {name: value for name, value in params.items() if value}
        attempts, failures = 0, 0
        while True:
            try:
                answer = await self._client.upload(f"{place.path}/{claim.job_id}", given, archive)
                return uuid.UUID(answer["snapshot_id"])
            except Refused as error:
                raise StateNotStored(str(error)) from error
            except (ServerAway, KeyError, ValueError) as error:
                attempts += 1
                failures += not isinstance(error, ServerAway) or error.may_concern_body
                if failures >= _FAILED_UPLOADS:
                    raise StateNotStored(str(error)) from error
                logger.warning("the state of step %s: %s", claim.step, error)
            await asyncio.sleep(_BACKOFF.secs(attempts))
