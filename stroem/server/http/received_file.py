"""Bodies of requests that are received into temporary files."""

import asyncio
import base64
import binascii
import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import aiohttp
import attrs
from aiohttp import web

from stroem.errors import BadRequest, LimitExceeded

UPLOADS = "uploads"
"""The folder of such files in the server's folder for what it can fetch again."""

_PIECE = 1024 * 1024
_SHA256 = "sha-256="


@attrs.frozen(kw_only=True)
class ReceivedFile:
    """A received body: an open file that is removed when it is closed, its SHA-256 in hex, its size in bytes."""

    file: IO[bytes]
    digest: str
    size: int


def announced_size(request: web.Request) -> int:
    """The size of the body as its head says; 0 if it does not."""
    return request.content_length or 0


@asynccontextmanager
async def received_file(
    request: web.Request, content: aiohttp.StreamReader, folder: Path, *, most: int, idle_secs: float, setting: str
) -> AsyncIterator[ReceivedFile]:
    """Receives a body piece by piece. The file exists until the end of the block, and has no name.

    Raises LimitExceeded beyond `most` bytes, which `setting` sets; BadRequest if nothing comes for `idle_secs`, if the
    body ends early, or if it is not what the header `Digest` says.
    """
    with await asyncio.to_thread(_open, folder) as file:
        seen, size = hashlib.sha256(), 0
        while piece := await _next(content, idle_secs):
            size += len(piece)
            if size > most:
                raise LimitExceeded(message=f"The file has more than {most:,} bytes ({setting})")
            seen.update(piece)
            await asyncio.to_thread(file.write, piece)
        await asyncio.to_thread(file.flush)
        digest = seen.hexdigest()
        if (said := _announced_digest(request)) not in (None, digest):
            raise BadRequest(
                message=f"The body has the SHA-256 {digest}, and the header Digest says {said}; send it again"
            )
        yield ReceivedFile(file=file, digest=digest, size=size)


def _open(folder: Path) -> IO[bytes]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


async def _next(content: aiohttp.StreamReader, idle_secs: float) -> bytes:
    """The next megabyte, or less at the end."""
    pieces: list[bytes] = []
    size = 0
    try:
        while size < _PIECE:
            async with asyncio.timeout(idle_secs):
                piece = await content.readany()
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
    except TimeoutError:
        raise BadRequest(message=f"Nothing of the body came for {idle_secs:g} s") from None
    except (web.RequestPayloadError, aiohttp.ClientPayloadError):
        raise BadRequest(message="The body ends before its end, or is not what its head says") from None
    return b"".join(pieces)


def _announced_digest(request: web.Request) -> str | None:
    """The SHA-256 in the header `Digest`. Raises BadRequest for one that cannot be read."""
    for part in request.headers.get("Digest", "").split(","):
        if part.strip().lower().startswith(_SHA256):
            try:
                return base64.b64decode(part.strip()[len(_SHA256) :], validate=True).hex()
            except binascii.Error:
                raise BadRequest(message="The header Digest has no base64 behind sha-256=") from None
    return None
