"""Download of a tarball, resumed after lost connections and verified."""

import asyncio
import base64
import hashlib
import logging
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from stroem.definitions.backoff import Backoff
from stroem.worker.files.tarball import SPARE_BYTES, DiskFull, TarballTooLarge
from stroem.worker.http.client import ServerAway, ServerClient

logger = logging.getLogger(__name__)

ATTEMPTS = 8
MOST_DAMAGED = 3
BACKOFF = Backoff(first_secs=0.5, longest_secs=30, spread=(1, 1))
PIECE = 1024 * 1024
WORKSPACE_ADVICE = "Make the workspace smaller, or raise `workspace_cache_bytes` of the worker"
_TOTAL = re.compile(r"bytes [0-9]{1,19}-[0-9]{1,19}/([0-9]{1,19})")


class TarballDownload:
    """Downloads to a file of at most `most_bytes` bytes; resumes after a lost connection where the server can.

    `advice` is for the error about a larger one.
    """

    def __init__(
        self,
        client: ServerClient,
        path: str,
        params: Mapping[str, str],
        destination: Path,
        most_bytes: int,
        *,
        advice: str = WORKSPACE_ADVICE,
    ) -> None:
        self._client = client
        self._path = path
        self._params = params
        self._folder = destination.parent
        self._file = destination.open("wb")
        self._most = most_bytes
        self._allowed = f"{most_bytes:,} are allowed. {advice}"
        self.headers: Mapping[str, str] = {}
        """Headers of the last answer."""
        self._announced: int | None = None
        self._digest = hashlib.sha256()
        self._size = 0
        self._etag: str | None = None
        self._damaged = 0

    async def run(self) -> None:
        """Downloads. Raises `ServerAway` after several attempts without progress, `Refused`, and `OSError`.

        Raises `TarballTooLarge` and `DiskFull` before anything is written where the server announces the size.
        """
        failures = 0
        with self._file:
            while True:
                before = self._size
                try:
                    return await self._attempt()
                except ServerAway as error:
                    failures = 0 if self._size > before else failures + 1
                    if failures >= ATTEMPTS or self._damaged >= MOST_DAMAGED:
                        raise
                    logger.warning("%s, %d bytes downloaded so far: %s", self._path, self._size, error)
                    await asyncio.sleep(BACKOFF.secs(failures))

    async def _attempt(self) -> None:
        rest = {"Range": f"bytes={self._size}-", "If-Range": self._etag} if self._size and self._etag else {}
        async with self._client.download(self._path, self._params, rest) as response:
            self._begin(response)
            self._check_size(_announced_size(response))
            async for piece in response.content.iter_chunked(PIECE):
                await asyncio.to_thread(self._keep, piece)
            self._check(response.headers.get("Digest"))
            self._file.flush()

    def _begin(self, response: aiohttp.ClientResponse) -> None:
        self.headers = response.headers
        start = f"bytes {self._size}-"
        if response.status == 206 and response.headers.get("Content-Range", "").startswith(start):
            return
        self._forget()
        if response.status != 200:
            raise ServerAway(f"the server answered {response.status} when asked for the rest")
        etag = response.headers.get("ETag", "")
        self._etag = etag if etag.startswith('"') else None

    def _check_size(self, announced: int | None) -> None:
        self._announced = announced
        if announced is None:
            return
        if announced > self._most:
            raise TarballTooLarge(f"the tarball has {announced:,} bytes, and {self._allowed}")
        if announced - self._size > shutil.disk_usage(self._folder).free - SPARE_BYTES:
            raise DiskFull(f"there is no room in {self._folder} for a tarball of {announced:,} bytes")

    def _keep(self, piece: bytes) -> None:
        size = self._size + len(piece)
        if self._announced is not None and size > self._announced:
            raise TarballTooLarge(f"the server announced a tarball of {self._announced:,} bytes and sent more")
        if size > self._most:
            raise TarballTooLarge(f"the tarball has at least {size:,} bytes, and {self._allowed}")
        self._file.write(piece)
        self._digest.update(piece)
        self._size += len(piece)

    def _check(self, expected: str | None) -> None:
        found = f"sha-256={base64.b64encode(self._digest.digest()).decode()}"
        if expected is not None and expected.startswith("sha-256=") and expected != found:
            self._damaged += 1
            self._forget()
            raise ServerAway("the tarball was damaged on its way")

    def _forget(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self._size = 0
        self._etag = None


def _announced_size(response: aiohttp.ClientResponse) -> int | None:
    """The size of the whole tarball, where the answer has it."""
    if response.status == 206:
        total = _TOTAL.fullmatch(response.headers.get("Content-Range", ""))
        return int(total[1]) if total else None
    return response.content_length
