"""Content-addressed object store for large bytes."""

import asyncio
import hashlib
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from stroem.errors import BlobCorrupt, BlobMissing
from stroem.files.private import folder_of_setting

if TYPE_CHECKING:
    from obstore import GetOptions

_AT_ONCE = 16
_HASH_IN_THREAD = 1024 * 1024
_PARTS_AT_ONCE = 4
_PIECE = 1024 * 1024

Reserve = Callable[[Sequence[str]], Awaitable[None]]
"""Protects objects with these digests from garbage collection until a reference is stored."""


class BlobStore:
    """Content-addressed objects behind one URL: `file:///folder`, `s3://bucket/prefix`, `gs://…`, `az://…`.

    An object is named by the SHA-256 (hex) of its content, so it never changes, and putting it twice is
    putting it once. Everything raises `BlobMissing` for a digest that the store does not hold.

    `reserve` is called with digests before the objects are put.
    """

    def __init__(self, url: str, reserve: Reserve | None = None) -> None:
        self._reserve = reserve
        self._folder = Path(unquote(urlsplit(url).path)) if url.startswith("file:") else None
        if self._folder is not None:
            folder_of_setting(self._folder, "blobs.url")
        self._store: ObjectStore = from_url(url)

    async def put(self, data: bytes) -> str:
        """Stores the bytes, unless they are there, and returns their digest. Readers never see a part of them.

        When it returns they survive a loss of power.
        """
        digest = await _digest_of(data)
        await self._before_putting([digest])
        await self._put(digest, data)
        return digest

    async def put_many(self, blobs: Iterable[bytes]) -> list[str]:
        """Stores several blobs in batches; returns their digests in order."""
        digests: list[str] = []
        rest = iter(blobs)
        while batch := list(itertools.islice(rest, _AT_ONCE)):
            found = [await _digest_of(data) for data in batch]
            await self._before_putting(found)
            await asyncio.gather(*map(self._put, found, batch))
            digests += found
        return digests

    async def put_file(self, file: IO[bytes], digest: str, size: int) -> None:
        """Stores an open file in parts, unless present. `digest` and `size` are those of the file."""
        await self._before_putting([digest])
        if not await self._holds(digest, size):
            file.seek(0)
            await obstore.put_async(self._store, _key(digest), file, max_concurrency=_PARTS_AT_ONCE)
            await self._settle(digest)

    async def delete_many(self, digests: Collection[str]) -> None:
        """Removes objects; absent ones are ignored."""
        rest = iter(digests)
        while batch := list(itertools.islice(rest, _AT_ONCE)):
            await asyncio.gather(*map(self._delete, batch))

    async def get(self, digest: str, start: int | None = None, length: int | None = None) -> bytes:
        """The bytes of an object, or `length` of them from `start`; fewer where the object ends before.

        Bytes that are not what the digest names raise `BlobCorrupt`. Only a read of the whole notices.
        """
        if start is not None or length is not None:
            return await self._get_range(digest, start or 0, length)
        try:
            result = await obstore.get_async(self._store, _key(digest))
            data = bytes(await result.bytes_async())
        except FileNotFoundError as error:
            raise BlobMissing(digest=digest) from error
        if await _digest_of(data) != digest:
            raise BlobCorrupt(digest=digest)
        return data

    async def get_many(self, digests: Iterable[str]) -> list[bytes]:
        """The bytes of several objects, read in batches, in order."""
        found: list[bytes] = []
        rest = iter(digests)
        while batch := list(itertools.islice(rest, _AT_ONCE)):
            found.extend(await asyncio.gather(*map(self.get, batch)))
        return found

    async def stream(self, digest: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Streams an object, or its bytes from `start` to before `end`, both inside it.

        Raises `BlobCorrupt` at the end if the whole was read and is wrong.
        """
        whole = start == 0 and end is None
        options: GetOptions = {} if whole else {"range": {"offset": start} if end is None else (start, end)}
        try:
            result = await obstore.get_async(self._store, _key(digest), options=options)
        except FileNotFoundError as error:
            raise BlobMissing(digest=digest) from error
        seen = hashlib.sha256()
        async for piece in result.stream(min_chunk_size=_PIECE):
            data = bytes(piece)
            if whole:
                seen.update(data)
            yield data
        if whole and seen.hexdigest() != digest:
            raise BlobCorrupt(digest=digest)

    async def has(self, digest: str) -> bool:
        """Whether the store holds the object."""
        return await self._size(digest) is not None

    async def size(self, digest: str) -> int:
        """The length of an object in bytes."""
        size = await self._size(digest)
        if size is None:
            raise BlobMissing(digest=digest)
        return size

    async def _before_putting(self, digests: Sequence[str]) -> None:
        if self._reserve is not None:
            await self._reserve(digests)

    async def _put(self, digest: str, data: bytes) -> None:
        if not await self._holds(digest, len(data)):
            await obstore.put_async(self._store, _key(digest), data)
            await self._settle(digest)

    async def _holds(self, digest: str, size: int) -> bool:
        """Whether the object is complete. Bytes on a local disk are verified; other stores are trusted."""
        if await self._size(digest) != size:
            return False
        return self._folder is None or await asyncio.to_thread(_file_digest, self._folder / _key(digest)) == digest

    async def _settle(self, digest: str) -> None:
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder / _key(digest))

    async def _delete(self, digest: str) -> None:
        try:
            await obstore.delete_async(self._store, _key(digest))
        except FileNotFoundError:
            return

    async def _size(self, digest: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, _key(digest)))["size"]
        except FileNotFoundError:
            return None

    async def _get_range(self, digest: str, start: int, length: int | None) -> bytes:
        if length is None:
            length = await self.size(digest) - start
        if length <= 0:
            return b""
        try:
            return bytes(await obstore.get_range_async(self._store, _key(digest), start=start, length=length))
        except FileNotFoundError as error:
            raise BlobMissing(digest=digest) from error
        except BaseError:
            if start < await self.size(digest):
                raise
            return b""  # the object ends before; stores call that an error


def _key(digest: str) -> str:
    """The key of an object, in one of 256 folders."""
    return f"{digest[:2]}/{digest}"


async def _digest_of(data: bytes) -> str:
    if len(data) < _HASH_IN_THREAD:
        return hashlib.sha256(data).hexdigest()
    return await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())


def _file_digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _sync(path: Path) -> None:
    """Syncs a file and its folder to disk, which the local store does not."""
    for what in (path, path.parent):
        descriptor = os.open(what, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
