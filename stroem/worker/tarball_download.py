"""One tarball from the server, whole and checked, over as many connections as it takes."""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from stroem.worker.server_client import ServerAway, ServerClient

logger = logging.getLogger(__name__)

ATTEMPTS = 8
MOST_DAMAGED = 3
LONGEST_PAUSE_SECS = 30
PIECE = 1024 * 1024


class TarballDownload:
    """Downloads to a file. When the connection breaks it goes on where it was, with servers that can do that."""

    def __init__(self, client: ServerClient, path: str, params: Mapping[str, str], destination: Path) -> None:
        self._client = client
        self._path = path
        self._params = params
        self._file = destination.open("wb")
        self._seen = hashlib.sha256()
        self._size = 0
        self._etag: str | None = None
        self._damaged = 0

    async def run(self) -> None:
        """Raises `ServerAway` when attempts, one after another, brought nothing more; `Refused`; `OSError`."""
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
                    logger.warning("%s, %d bytes of it are here: %s", self._path, self._size, error)
                    await asyncio.sleep(min(2**failures / 4, LONGEST_PAUSE_SECS))

    async def _attempt(self) -> None:
        rest = {"Range": f"bytes={self._size}-", "If-Range": self._etag} if self._size and self._etag else {}
        async with self._client.download(self._path, self._params, rest) as response:
            self._begin(response)
            async for piece in response.content.iter_chunked(PIECE):
                await asyncio.to_thread(self._keep, piece)
            self._check(response.headers.get("Digest"))
            self._file.flush()

    def _begin(self, response: aiohttp.ClientResponse) -> None:
        start = f"bytes {self._size}-"
        if response.status == 206 and response.headers.get("Content-Range", "").startswith(start):
            return
        self._forget()
        if response.status != 200:
            raise ServerAway(f"the server answered {response.status} when asked for the rest")
        etag = response.headers.get("ETag", "")
        self._etag = etag if etag.startswith('"') else None

    def _keep(self, piece: bytes) -> None:
        self._file.write(piece)
        self._seen.update(piece)
        self._size += len(piece)

    def _check(self, expected: str | None) -> None:
        found = f"sha-256={base64.b64encode(self._seen.digest()).decode()}"
        if expected is not None and expected.startswith("sha-256=") and expected != found:
            self._damaged += 1
            self._forget()
            raise ServerAway("the tarball was damaged on its way")

    def _forget(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._seen = hashlib.sha256()
        self._size = 0
        self._etag = None
