"""Objects are named by their content, stored once, and checked when they are read."""

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from stroem.blobs.blob_store import BlobStore
from stroem.errors import BlobCorrupt, BlobMissing

ABSENT = "0" * 64


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "the blobs").as_uri())


def stored_file(tmp_path: Path, digest: str) -> Path:
    return next((tmp_path / "the blobs").rglob(digest))


async def test_what_is_put_is_found_by_its_digest(blobs: BlobStore) -> None:
    digest = await blobs.put(b"hello")
    assert digest == hashlib.sha256(b"hello").hexdigest()
    assert await blobs.get(digest) == b"hello"
    assert await blobs.has(digest)
    assert await blobs.size(digest) == 5


async def test_putting_twice_writes_once(blobs: BlobStore, tmp_path: Path) -> None:
    digest = await blobs.put(b"hello")
    first = stored_file(tmp_path, digest).stat()
    await blobs.put(b"hello")
    second = stored_file(tmp_path, digest).stat()
    assert (first.st_ino, first.st_mtime_ns) == (second.st_ino, second.st_mtime_ns)


async def test_many_at_once_keep_their_order(blobs: BlobStore) -> None:
    many = [f"object {number % 70}".encode() for number in range(100)]
    digests = await blobs.put_many(iter(many))
    assert digests == [hashlib.sha256(data).hexdigest() for data in many]
    assert await blobs.get_many(digests) == many


async def test_the_same_object_from_many_writers(blobs: BlobStore) -> None:
    data = b"x" * 3_000_000
    digests = await asyncio.gather(*(blobs.put(data) for _ in range(8)))
    assert len(set(digests)) == 1
    assert await blobs.get(digests[0]) == data


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, 4, b"0123"),
        (3, None, b"3456789"),
        (None, 2, b"01"),
        (8, 100, b"89"),
        (10, 1, b""),
        (99, None, b""),
        (5, 0, b""),
    ],
)
async def test_ranges(blobs: BlobStore, start: int | None, length: int | None, expected: bytes) -> None:
    digest = await blobs.put(b"0123456789")
    assert await blobs.get(digest, start, length) == expected


async def test_empty_object(blobs: BlobStore) -> None:
    digest = await blobs.put(b"")
    assert await blobs.get(digest) == b""
    assert [piece async for piece in blobs.stream(digest)] in ([], [b""])


async def test_large_objects_come_in_pieces(blobs: BlobStore) -> None:
    data = bytes(range(256)) * 100_000
    digest = await blobs.put(data)
    assert b"".join([piece async for piece in blobs.stream(digest)]) == data


async def test_what_is_not_there_is_named(blobs: BlobStore) -> None:
    assert not await blobs.has(ABSENT)
    with pytest.raises(BlobMissing, match=ABSENT):
        await blobs.get(ABSENT)
    with pytest.raises(BlobMissing, match=ABSENT):
        await blobs.get(ABSENT, 0, 10)
    with pytest.raises(BlobMissing, match=ABSENT):
        await blobs.size(ABSENT)
    with pytest.raises(BlobMissing, match=ABSENT):
        await anext(aiter(blobs.stream(ABSENT)))


async def test_damage_is_noticed(blobs: BlobStore, tmp_path: Path) -> None:
    digest = await blobs.put(b"precious")
    stored_file(tmp_path, digest).write_bytes(b"spoiled!")
    with pytest.raises(BlobCorrupt, match=digest):
        await blobs.get(digest)
    with pytest.raises(BlobCorrupt, match=digest):
        [piece async for piece in blobs.stream(digest)]


async def test_an_object_cut_short_is_stored_again(blobs: BlobStore, tmp_path: Path) -> None:
    digest = await blobs.put(b"precious")
    stored_file(tmp_path, digest).write_bytes(b"prec")
    await blobs.put(b"precious")
    assert await blobs.get(digest) == b"precious"


async def test_a_damaged_object_is_stored_again(blobs: BlobStore, tmp_path: Path) -> None:
    digest = await blobs.put(b"precious")
    stored_file(tmp_path, digest).write_bytes(b"spoiled!")
    await blobs.put_many([b"precious"])
    assert await blobs.get(digest) == b"precious"


async def test_parts_of_an_object_come_in_pieces(blobs: BlobStore) -> None:
    data = bytes(range(256)) * 20_000
    digest = await blobs.put(data)
    for start, end in ((0, 1), (0, len(data)), (5, 4_000_000), (len(data) - 1, None), (7, None)):
        assert b"".join([piece async for piece in blobs.stream(digest, start, end)]) == data[start:end]


async def test_a_file_is_stored_in_parts(blobs: BlobStore, tmp_path: Path) -> None:
    data = bytes(range(256)) * 60_000
    digest = hashlib.sha256(data).hexdigest()
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        file.write(data)
        await blobs.put_file(file, digest, len(data))
    assert await blobs.get(digest) == data
    assert [path.name for path in (tmp_path / "the blobs").rglob("*") if path.is_file()] == [digest]


async def test_what_is_removed_is_gone_and_can_be_put_again(blobs: BlobStore) -> None:
    digests = await blobs.put_many([b"one", b"two", b"three"])
    await blobs.delete_many([*digests[:2], ABSENT])
    assert [await blobs.has(digest) for digest in digests] == [False, False, True]
    await blobs.put(b"one")
    assert await blobs.get(digests[0]) == b"one"


async def test_objects_are_reserved_before_anybody_looks_whether_they_are_there(tmp_path: Path) -> None:
    """Who removes objects may do so until they are reserved, and not after."""
    plain = BlobStore((tmp_path / "the blobs").as_uri())
    digest = await plain.put(b"hello")

    async def remove_meanwhile(digests: Sequence[str]) -> None:
        await plain.delete_many(digests)

    blobs = BlobStore((tmp_path / "the blobs").as_uri(), reserve=remove_meanwhile)
    await blobs.put(b"hello")
    assert await blobs.has(digest)
    await blobs.put_many([b"hello"])
    assert await blobs.has(digest)
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        file.write(b"hello")
        await blobs.put_file(file, digest, 5)
    assert await blobs.get(digest) == b"hello"
